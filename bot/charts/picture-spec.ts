import type { TopLevelSpec } from 'vega-lite'
import type { PictureInput } from './picture-input.ts'

const WIDTH = 800
const HEIGHT = 360
const FONT = 'Inter'
const INK = '#1d1c1d'
const GREY = '#616061'

/**
 * Okabe and Ito's colours, which people see apart whatever their sight; light and dark take turns, so that they stay
 * apart in grey.
 */
const COLOURS = ['#0072b2', '#f0c04a', '#009e73', '#e8a5cb', '#8a3800', '#9ad1f2']

/** Below so many bars the labels lie flat and do not touch. */
const FLAT_LABELS_MAX = 8
/** The names of so many days are read; of more, some are left out. */
const LABELS_SHOWN_MAX = 16

/** Stacked bars, with a legend that is in the order of the stack. */
export function pictureSpec({ title, labels, series }: PictureInput): TopLevelSpec {
  const names = series.map(({ name }) => name)
  const every = Math.ceil(labels.length / LABELS_SHOWN_MAX)
  return {
    width: WIDTH,
    height: HEIGHT,
    padding: 20,
    background: '#ffffff',
    title: { text: title, anchor: 'start', fontSize: 20, offset: 16, color: INK },
    config: {
      font: FONT,
      view: { stroke: null },
      axis: {
        labelFontSize: 14,
        titleFontSize: 14,
        labelColor: GREY,
        titleColor: GREY,
        gridColor: '#dddddd',
      },
      legend: { labelFontSize: 15, labelColor: INK, symbolType: 'square', symbolSize: 220, labelLimit: 0 },
    },
    data: {
      values: series.flatMap(({ name, values }, order) =>
        values.map((value, place) => ({ name, order, value, place, label: labels[place] })),
      ),
    },
    mark: { type: 'bar', stroke: '#ffffff', strokeWidth: 1 },
    encoding: {
      x: {
        field: 'place',
        type: 'ordinal',
        title: null,
        axis: {
          labelAngle: labels.length <= FLAT_LABELS_MAX ? 0 : -45,
          labelExpr: `${JSON.stringify(labels)}[datum.value]`,
          values: labels.map((_, place) => place).filter((place) => place % every === 0),
          domainColor: GREY,
          ticks: false,
          labelPadding: 8,
        },
        scale: { paddingInner: 0.25 },
      },
      y: {
        field: 'value',
        type: 'quantitative',
        title: 'Credits',
        stack: 'zero',
        axis: { domain: false, ticks: false, tickCount: 5, format: ',~f' },
      },
      color: {
        field: 'name',
        type: 'nominal',
        sort: names,
        scale: { domain: names, range: COLOURS.slice(0, names.length) },
        legend: { title: null, orient: 'top', direction: 'horizontal', columnPadding: 28, offset: 12 },
      },
      order: { field: 'order', type: 'quantitative' },
    },
  }
}
