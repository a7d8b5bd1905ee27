from __future__ import annotations

from app import dressing
from app.setting_store import Store
from widgets import formats, theme


def test_the_theme_follows_the_settings_at_once(tmp_path, qapp) -> None:
    store = Store(tmp_path / "settings.toml", {})
    try:
        dressing.follow(qapp, store)
        store.set("look.theme", "light")
        assert theme.current().name == theme.LIGHT
        store.set("look.rises", "red")
        store.set("look.reduce_motion", "on")
        worn = theme.current()
        assert (worn.name, worn.rises, worn.reduced_motion) == (theme.LIGHT, theme.RED, True)
        store.set("look.density", "large")
        store.reset("look.theme")
        assert (theme.current().name, theme.current().density) == (theme.DARK, theme.NORMAL)
        store.set("format.decimal", "comma")
        store.set("format.thousands", "apostrophe")
        assert formats.number(1250.5, 1) == "1’250,5"
        store.set("format.clock", "12 h")
        store.set("format.zone", "utc")
        assert formats.style() == formats.Style(",", "’", twelve=True, zone=formats.ZULU)
    finally:
        formats.use(formats.Style())
        theme.install(qapp)
