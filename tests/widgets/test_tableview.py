from typing import NamedTuple

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu

from widgets import fills, formats, gates, paint, positions
from widgets.tables import CHIP, DOTS, METER, NUMBER, WORD, Cell, Column
from widgets.tableview import RowsTable


class Row(NamedTuple):
    id: int
    name: str
    qty: int


COLUMNS = (
    Column(
        key="name", header="market", width=100, kind=WORD, stretch=True, cell=lambda r: r.name, sort=lambda r: r.name
    ),
    Column(key="qty", header="qty", width=60, kind=NUMBER, cell=lambda r: str(r.qty), sort=lambda r: r.qty),
    Column(key="room", header="room", width=80, kind=METER, cell=lambda r: Cell("", share=0.5), priority=1),
    Column(key="state", header="state", width=80, kind=CHIP, cell=lambda r: Cell("OK", "profit"), priority=2),
)
ROWS = [Row(1, "b", 10), Row(2, "a", 9), Row(3, "c", 100)]


@pytest.fixture
def table(qtbot):
    table = RowsTable(COLUMNS, lambda r: r.id)
    qtbot.addWidget(table)
    table.resize(400, 200)
    table.show()
    table.rows.set_rows(ROWS)
    return table


def visible(table):
    return [c.key for i, c in enumerate(table.rows.columns) if not table.isColumnHidden(i)]


def click_header(qtbot, table, section):
    header = table.horizontalHeader()
    x = header.sectionViewportPosition(section) + header.sectionSize(section) // 2
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(x, 10))


def test_rows_and_header_have_the_heights_of_the_tokens(table):
    assert table.rowHeight(0) == 20
    assert table.horizontalHeader().height() == 20


def test_narrow_tables_drop_their_least_important_columns(table):
    assert visible(table) == ["name", "qty", "room", "state"]
    table.resize(300, 200)
    assert visible(table) == ["name", "qty", "room"]
    table.resize(170, 200)
    assert visible(table) == ["name", "qty"]
    table.resize(400, 200)
    assert visible(table) == ["name", "qty", "room", "state"]


def test_the_columns_fill_the_width(table):
    assert table.horizontalHeader().length() == table.viewport().width()


def test_clicks_sort_up_then_down_then_not(qtbot, table):
    orders = []
    for _ in range(3):
        click_header(qtbot, table, 1)
        orders.append([row.qty for row in table.rows.rows()])
    assert orders == [[9, 10, 100], [100, 10, 9], [10, 9, 100]]


def test_the_chosen_row_stays_chosen_when_rows_move(qtbot, table):
    table.select(2)
    table.rows.set_rows([Row(4, "d", 1), *reversed(ROWS)])
    assert table.selected_row().id == 2
    assert [row.id for row in table.selected_rows()] == [2]


def test_choosing_tells_the_row(qtbot, table):
    with qtbot.waitSignal(table.chosen) as told:
        table.select(3)
    assert told.args == [ROWS[2]]


def test_enter_and_double_click_open(qtbot, table):
    table.select(1)
    with qtbot.waitSignal(table.opened) as told:
        qtbot.keyClick(table, Qt.Key.Key_Return)
    assert told.args == [ROWS[0], ""]
    with qtbot.waitSignal(table.opened) as told:
        table.doubleClicked.emit(table.rows.index(1, 1))
    assert told.args == [ROWS[1], "qty"]


def test_copy_gives_tab_separated_lines_of_what_is_seen(qtbot, table):
    table.hide_column("room")
    table.select(2)
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "market\tqty\tstate\na\t9\tOK"


def test_columns_are_saved_and_taken_back(qtbot, table):
    table.hide_column("state")
    table.horizontalHeader().moveSection(1, 0)
    table.horizontalHeader().resizeSection(1, 75)
    state = table.columns_state()
    other = RowsTable(COLUMNS, lambda r: r.id)
    qtbot.addWidget(other)
    other.resize(400, 200)
    other.restore_columns(["gone=9", *state, 7])
    assert visible(other) == ["name", "qty", "room"]
    assert other.horizontalHeader().logicalIndex(0) == 1
    assert other.horizontalHeader().sectionSize(1) == 75
    assert other.columns_state() == state == ["qty=75", "name", "room", "!state"]
    other.restore_columns([])
    assert visible(other) == ["name", "qty", "room", "state"]
    assert [other.horizontalHeader().logicalIndex(i) for i in range(4)] == [0, 1, 2, 3]
    assert other.horizontalHeader().sectionSize(1) == 60


def test_the_menu_hides_a_column(table):
    menu = QMenu()
    table.fill_menu(menu)
    menu.actions()[3].setChecked(False)
    assert visible(table) == ["name", "qty", "room"]


def test_every_kind_of_cell_is_painted(table):
    table.rows.set_rows(ROWS, {"name": Cell("Total"), "qty": Cell("119")})
    table.select(1)
    image = table.grab().toImage()
    assert len({image.pixel(x, 30) for x in range(image.width())}) > 3


def test_a_table_without_rows_says_why(table):
    table.rows.set_rows([])
    blank = table.viewport().grab().toImage()
    table.nothing = "Nothing was read yet."
    assert table.viewport().grab().toImage() != blank
    table.rows.set_rows(ROWS)
    full = table.viewport().grab().toImage()
    table.nothing = ""
    assert table.viewport().grab().toImage() == full


def test_selecting_does_not_mind_the_keys_that_are_held(qtbot, table):
    table.select(2)
    qtbot.keyPress(table, Qt.Key.Key_Control, Qt.KeyboardModifier.ControlModifier)
    table.select(2)
    assert table.selected_row() == ROWS[1]
    qtbot.keyRelease(table, Qt.Key.Key_Control)


def test_steps_are_drawn_as_dots_and_none_as_a_dash(qtbot):
    steps = Column(key="steps", header="steps", width=100, kind=DOTS, cell=lambda r: Cell(r.name, share=r.qty))
    table = RowsTable((steps,), lambda r: r.id)
    qtbot.addWidget(table)
    table.resize(120, 80)
    pictures = []
    for done in range(4):
        table.rows.set_rows([Row(1, "settled", done)])
        pictures.append(table.viewport().grab().toImage())
    assert all(one != other for i, one in enumerate(pictures) for other in pictures[:i])


def test_a_dropped_stretching_column_gives_its_room_back_when_it_returns(qtbot):
    columns = (
        Column(key="name", header="market", width=80, kind=WORD, cell=lambda r: r.name),
        Column(key="qty", header="qty", width=60, cell=lambda r: str(r.qty), priority=1),
        Column(key="why", header="why", width=100, kind=WORD, stretch=True, cell=lambda r: r.name, priority=2),
    )
    table = RowsTable(columns, lambda r: r.id)
    qtbot.addWidget(table)
    table.resize(300, 100)
    table.show()
    at_first = [table.columnWidth(i) for i in range(3)]
    table.resize(220, 100)
    assert visible(table) == ["name", "qty"]
    assert table.columnWidth(0) > 80
    table.resize(300, 100)
    assert visible(table) == ["name", "qty", "why"]
    assert [table.columnWidth(i) for i in range(3)] == at_first


@pytest.mark.qt_log_ignore("grabbing the keyboard", extend=True)  # offscreen, any menu
def test_the_context_menu_copies_a_cell_a_row_or_all(qtbot, table):
    acts = []
    table.menu_actions = lambda menu, row: acts.append(row)
    table.customContextMenuRequested.emit(table.visualRect(table.rows.index(1, 1)).center())
    menu = table.findChild(QMenu)
    texts = []
    for action in menu.actions():
        if action.text().startswith("Copy"):
            action.trigger()
            texts.append(QGuiApplication.clipboard().text())
    head = "market\tqty\troom\tstate"
    assert texts == ["9", f"{head}\na\t9\t\tOK", f"{head}\nb\t10\t\tOK\na\t9\t\tOK\nc\t100\t\tOK"]
    assert acts == [ROWS[1]]
    menu.close()


@pytest.mark.qt_log_ignore("grabbing the keyboard", extend=True)  # offscreen, any menu
def test_the_header_s_menu_chooses_columns(qtbot, table):
    table.horizontalHeader().customContextMenuRequested.emit(QPoint(5, 5))
    menu = table.findChild(QMenu)
    menu.actions()[2].setChecked(False)
    assert visible(table) == ["name", "qty", "state"]
    menu.close()


def test_focus_puts_a_cursor_without_choosing(qtbot, table):
    table.activateWindow()
    table.setFocus()
    qtbot.waitUntil(table.hasFocus)
    assert table.currentIndex().row() == 0
    assert table.selected_row() is None


def test_the_name_shrinks_only_when_nothing_more_can_be_dropped(qtbot):
    columns = (
        Column(key="name", header="market", width=200, least=110, kind=WORD, stretch=True, cell=lambda r: r.name),
        Column(key="qty", header="qty", width=60, cell=lambda r: str(r.qty)),
        Column(key="id", header="id", width=60, cell=lambda r: str(r.id), priority=1),
    )
    table = RowsTable(columns, lambda r: r.id)
    qtbot.addWidget(table)
    table.show()
    for width, keys, name in ((320, 3, 200), (300, 2, 240), (200, 2, 140), (150, 2, 110)):
        table.resize(width, 100)
        assert (len(visible(table)), table.columnWidth(0)) == (keys, name)


def test_no_half_row_is_painted_or_answers_the_mouse(table):
    room = table.viewport().height() - 20 * 2
    table.resize(table.width(), table.height() - room + 8)  # two rows, and eight pixels of the third
    assert table.viewport().height() == 48
    third = QPoint(10, 44)
    assert table.rowAt(third.y()) == 2
    assert not table.indexAt(third).isValid()
    image = table.viewport().grab().toImage()
    ratio = image.devicePixelRatio()
    row = [image.pixel(x, round(44 * ratio)) for x in range(image.width())]
    assert len(set(row)) == 1
    table.select(3)
    table.scrollToBottom()
    assert table.visualRect(table.currentIndex()).bottom() <= 48
    assert not any(at.isValid() and table.visualRect(at).y() < 0 for at in [table.indexAt(QPoint(10, 1))])
    assert {table.indexAt(QPoint(10, y)).row() for y in range(48)} - {-1} == {1, 2}


STAYING = (
    Column(key="name", header="market", width=120, kind=WORD, cell=lambda r: r.name),
    *(Column(key=f"n{n}", header=f"n{n}", width=60, cell=lambda r: str(r.qty)) for n in range(4)),
)


def seen_of(table):
    return [c.key for i, c in enumerate(table.rows.columns) if not table.in_sight(i).isEmpty()]


def inked(table, x, wide, part=None):
    """Return whether anything is written between two places of the first row, or of the names."""
    image = (part or table).viewport().grab(QRect(x, 1, wide, 17)).toImage()
    colours = {image.pixel(i, j) for i in range(image.width()) for j in range(image.height())}
    return len(colours) > 1


def test_a_column_that_is_cut_paints_no_number_and_a_sign_says_that_there_is_more(qtbot):
    table = RowsTable(STAYING, lambda r: r.id)
    qtbot.addWidget(table)
    table.resize(270, 200)
    table.show()
    table.rows.set_rows([Row(1, "Chicago", 88)])
    bar = table.horizontalScrollBar()
    assert visible(table) == ["name", "n0", "n1", "n2", "n3"], "none of them may go"
    assert seen_of(table) == ["name", "n0", "n1"]
    assert bar.isVisible()
    assert bar.maximum() == 360 - 270
    assert inked(table, 190, 49)
    assert not inked(table, 241, 29), "half of a number"
    names = table.horizontalHeader()
    assert (inked(table, 0, 6, names), inked(table, 258, 12, names)) == (False, True)
    bar.setValue(bar.maximum())
    assert (inked(table, 0, 14, names), inked(table, 264, 6, names)) == (True, False)
    assert seen_of(table) == ["n0", "n1", "n2", "n3"]
    assert not inked(table, 1, 29)
    assert inked(table, 220, 49)
    table.resize(400, 200)
    assert not bar.isVisible()
    assert bar.value() == 0
    assert seen_of(table) == ["name", "n0", "n1", "n2", "n3"]


def test_words_that_begin_in_sight_end_in_an_ellipsis(qtbot):
    columns = (*STAYING[1:], STAYING[0])
    table = RowsTable(columns, lambda r: r.id)
    qtbot.addWidget(table)
    table.resize(300, 200)
    table.show()
    table.rows.set_rows([Row(1, "Highest temperature in Chicago", 88)])
    table.horizontalHeader().resizeSection(4, 200)
    assert (table.in_sight(4).x(), table.in_sight(4).width()) == (240, 60)
    with paint.watched() as cut:
        table.grab()
    assert [one for one in cut if "Highest" in one]
    table.resize(280, 200)
    assert table.in_sight(4).isEmpty(), "too little of it to be read"


@pytest.mark.parametrize(
    ("columns", "stay"),
    [
        (fills.columns(lambda: 0), ["market", "side", "qty", "price"]),
        (positions.COLUMNS, ["market", "side", "qty", "net"]),
        (gates.columns(lambda: 0), ["gate", "used", "state"]),
    ],
)
def test_a_dock_of_340_pixels_shows_what_matters_of_a_row_whole(qtbot, columns, stay):
    table = RowsTable(columns, lambda r: r.id)
    qtbot.addWidget(table)
    table.resize(340, 200)
    table.show()
    assert seen_of(table) == visible(table) == stay
    assert not table.horizontalScrollBar().isVisible()


def test_what_the_table_does_by_itself_is_not_taken_for_the_trader_s_hand(qtbot, table):
    told = []
    table.columns_changed.connect(lambda: told.append(1))
    for wide in (170, 300, 640, 400):
        table.resize(wide, 200)
    assert table.columns_state() == []
    assert told == []
    click_header(qtbot, table, 1)
    click_header(qtbot, table, 1)
    assert table.columns_state() == ["name", "qty", "room", "state", "qty>"]
    assert len(told) == 2
    table.restore_columns([])
    assert [row.qty for row in table.rows.rows()] == [10, 9, 100]
    table.restore_columns(["qty<"])
    assert [row.qty for row in table.rows.rows()] == [9, 10, 100]
    assert table.columns_state()[-1] == "qty<"
    assert len(told) == 2


@pytest.mark.parametrize(
    "words", [["room>"], ["!"], ["=5", "qty=", "qty=x", "qty=-4", "qty=99999999999"], [None, 3, ""]]
)
def test_columns_that_cannot_be_are_as_they_are_drawn(table, words):
    table.restore_columns(words)
    assert table.columns_state() in ([], ["qty", "name", "room", "state"])
    assert table.horizontalHeader().sectionSize(1) == 60


def test_numbers_that_are_copied_are_numbers_for_a_spreadsheet(qtbot):
    columns = (
        Column(key="name", header="market", width=100, kind=WORD, cell=lambda r: r.name),
        Column(key="net", header="net $", width=80, kind=NUMBER, cell=lambda r: formats.arrowed(r.qty)),
    )
    table = RowsTable(columns, lambda r: r.id)
    qtbot.addWidget(table)
    table.resize(300, 200)
    table.show()
    table.rows.set_rows([Row(1, "=cmd", -1_250), Row(2, "−5 °F", 9)])
    assert table.as_tsv(range(2)) == "market\tnet $\n'=cmd\t-1250.00\n−5 °F\t9.00"


def test_a_column_of_times_names_their_clock(qtbot) -> None:
    hours = [-6]
    column = Column(key="at", header="time", width=92, cell=str, clock=lambda: hours[0])
    table = RowsTable((column,), lambda row: row)
    qtbot.addWidget(table)
    header = table.horizontalHeader()

    def said() -> str:
        return table.rows.headerData(0, Qt.Orientation.Horizontal)

    assert said() == "time UTC−6"
    hours[0] = 0
    with qtbot.waitSignal(table.rows.headerDataChanged):
        table.rows.write_anew()
    assert said() == "time UTC"
    assert header.model() is table.rows
