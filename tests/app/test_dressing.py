from __future__ import annotations

from app import dressing
from app.setting_store import Store
from widgets import theme


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
    finally:
        theme.install(qapp)
