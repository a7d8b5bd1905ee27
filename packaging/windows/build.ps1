# Freezes, packs and checks on Windows: build.ps1 [-Sign THUMBPRINT]. Not run by us yet; the workflow runs it.
param([string]$Sign = "")
$ErrorActionPreference = "Stop"
Set-Location (Join-Path $PSScriptRoot "..\..")
if (-not (Test-Path .venv)) { py -m venv .venv }
$py = ".venv\Scripts\python.exe"
& $py -m pip install --quiet --require-hashes -r locks\core.txt
& $py -m pip install --quiet --require-hashes -r locks\dev.txt
$env:PYTHONHASHSEED = "1"
$version = & $py -c "import app; print(app.__version__)"
& $py -m PyInstaller --noconfirm --clean --log-level WARN --distpath dist --workpath build atmx.spec
& .venv\Scripts\cyclonedx-py.exe requirements --output-reproducible --of JSON -o dist\atmx\sbom.cdx.json locks\core.txt
& $py packaging\licences.py locks\core.txt dist\atmx\licences
if ($Sign) {
    Get-ChildItem dist\atmx -Filter atmx*.exe | ForEach-Object {
        signtool sign /sha1 $Sign /fd sha256 /tr http://timestamp.digicert.com /td sha256 $_.FullName
    }
}
iscc "/DAppVersion=$version" packaging\windows\atmx.iss
$setup = "dist\atmx-$version-setup.exe"
if ($Sign) { signtool sign /sha1 $Sign /fd sha256 /tr http://timestamp.digicert.com /td sha256 $setup }
# installed, run and taken away again, without a word
$where = Join-Path $env:TEMP "atmx-check"
Start-Process -Wait $setup -ArgumentList "/VERYSILENT", "/SUPPRESSMSGBOXES", "/DIR=$where"
$env:QT_QPA_PLATFORM = "offscreen"
& "$where\atmx.exe" --demo --headless --json --exit-after 45 --profile (Join-Path $env:TEMP "atmx-profile")
if ($LASTEXITCODE -ne 0) { throw "the demo left with $LASTEXITCODE" }
Start-Process -Wait "$where\unins000.exe" -ArgumentList "/VERYSILENT"
if (Test-Path "$where\atmx.exe") { throw "the program was left behind" }
& $py packaging\manifest.py dist $version
