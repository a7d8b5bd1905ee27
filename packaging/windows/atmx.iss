; Inno Setup: iscc /DAppVersion=0.1.0 packaging\windows\atmx.iss, after PyInstaller has made dist\atmx.
; Not run by us yet: it is written for the workflow in .github/workflows/release.yml.
[Setup]
AppId={{6B1D7A63-5E0C-4C57-9D5B-ATMX00000001}
AppName=atmx
AppVersion={#AppVersion}
AppPublisher=The atmx authors
DefaultDirName={autopf}\atmx
DefaultGroupName=atmx
PrivilegesRequired=lowest
OutputDir=..\..\dist
OutputBaseFilename=atmx-{#AppVersion}-setup
SetupIconFile=..\..\resources\icons\atmx.ico
UninstallDisplayIcon={app}\atmx-terminal.exe
Compression=lzma2
SolidCompression=yes
CloseApplications=yes
RestartApplications=no
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
LicenseFile=..\..\LICENSE

[Files]
Source: "..\..\dist\atmx\*"; DestDir: "{app}"; Flags: recursesubdirs ignoreversion

[Icons]
Name: "{group}\atmx"; Filename: "{app}\atmx-terminal.exe"
Name: "{userdesktop}\atmx"; Filename: "{app}\atmx-terminal.exe"; Tasks: desktop

[Tasks]
Name: desktop; Description: "A shortcut on the desktop"; Flags: unchecked

[Run]
Filename: "{app}\atmx-terminal.exe"; Description: "Start atmx"; Flags: nowait postinstall skipifsilent

; user data is nobody's business here: [UninstallDelete] stays empty
