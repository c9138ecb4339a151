"""A picture of a report as a chart of a spreadsheet: native, over the numbers beside it."""

from __future__ import annotations

from typing import Final

from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.worksheet.worksheet import Worksheet

from gateway.reports.document import Lang, Picture
from gateway.reports.drawing import FILLS, LINES
from gateway.reports.said import guarded, said

WIDE_CM: Final = 18.0
HIGH_CM: Final = 7.5
ROWS: Final = 17  # that a chart takes
DATA: Final = 12  # the column of the first one's labels, beside the charts
COLUMNS: Final = 5  # that the numbers of one take


def add_chart(sheet: Worksheet, picture: Picture, at: int, lang: Lang) -> int:
    """Put it on the sheet as its chart number ``at`` (from 0); its numbers stand to the right. Gives the row below it."""
    row, column = 1, DATA + at * COLUMNS
    for order, one in enumerate(picture.series, 1):
        head = sheet.cell(row, column + order, guarded(one.name[lang]))
        head.data_type = "s"
        for down, value in enumerate(one.values, 1):
            if value is not None:
                sheet.cell(row + down, column + order, value)
    for down, label in enumerate(picture.labels, 1):
        cell = sheet.cell(row + down, column, guarded(said(label, lang)))
        cell.data_type = "s"
    last = row + len(picture.labels)
    chart = BarChart() if picture.shape == "bars" else LineChart()
    chart.title = f"{picture.title[lang]} ({picture.unit[lang]})"
    chart.width, chart.height = WIDE_CM, HIGH_CM
    chart.add_data(
        Reference(sheet, min_col=column + 1, max_col=column + len(picture.series), min_row=row, max_row=last),
        titles_from_data=True,
    )
    chart.set_categories(Reference(sheet, min_col=column, min_row=row + 1, max_row=last))
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.y_axis.numFmt, chart.y_axis.number_format = None, "0"
    chart.legend.position = "b"
    if isinstance(chart, BarChart):
        chart.gapWidth = 40
    for order, series in enumerate(chart.series):
        if isinstance(chart, BarChart):
            series.graphicalProperties = GraphicalProperties(solidFill=FILLS[order % 2][1:])
            series.graphicalProperties.line.solidFill = FILLS[0][1:]
        else:
            colour, dash = LINES[order % 2]
            series.graphicalProperties.line.solidFill = colour[1:]
            series.graphicalProperties.line.dashStyle = "dash" if dash else None
            series.smooth = False
    sheet.add_chart(chart, f"A{1 + at * ROWS}")
    return 1 + (at + 1) * ROWS
