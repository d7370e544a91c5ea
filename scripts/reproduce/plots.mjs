/** The trade-off and the inter-layer correlation as SVG. */
import { mean } from './statistics.mjs'

const width = 640
const height = 400
const margin = { left: 56, right: 170, top: 24, bottom: 44 }
const colours = ['#0b6e4f', '#c8553d', '#3d5a80', '#8d6a9f', '#b08900', '#4f6d7a', '#7a4f4f', '#5f7a3d']

const escaped = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;')
const head = (w, h, title) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" font-family="sans-serif" font-size="12"><title>${escaped(title)}</title><rect width="${w}" height="${h}" fill="#fff"/>`

/** @param lines [{ name, points: [{ x: share of MACs, y: accuracy }] }], the first one drawn on top. */
export function tradeOff(title, before, lines) {
  const lowest = Math.min(...lines.flatMap(({ points }) => points.map(({ y }) => y)))
  const bottom = Math.max(lowest, before - 30)
  const range = [bottom - 0.5, before + 0.5]
  const logs = lines.flatMap(({ points }) => points.map(({ x }) => Math.log(x)))
  const [left, right] = [Math.min(...logs), Math.max(...logs, Math.min(...logs) + 1e-6)]
  const x = (value) => margin.left + ((Math.log(value) - left) / (right - left)) * (width - margin.left - margin.right)
  const y = (value) =>
    margin.top +
    ((range[1] - Math.max(value, range[0])) / (range[1] - range[0])) * (height - margin.top - margin.bottom)
  const parts = [head(width, height, title), `<text x="${margin.left}" y="16">${escaped(title)}</text>`]
  for (let i = 0; i <= 5; i++) {
    const value = range[0] + ((range[1] - range[0]) * i) / 5
    parts.push(
      `<line x1="${margin.left}" x2="${width - margin.right}" y1="${y(value)}" y2="${y(value)}" stroke="#e4e4e4"/>`,
      `<text x="${margin.left - 6}" y="${y(value) + 4}" text-anchor="end" fill="#555">${value.toFixed(1)}</text>`,
    )
  }
  for (const value of [...new Set(lines.flatMap(({ points }) => points.map((point) => point.keep)))]) {
    parts.push(
      `<text x="${x(value)}" y="${height - margin.bottom + 18}" text-anchor="middle" fill="#555">${(100 * value).toFixed(0)} %</text>`,
    )
  }
  parts.push(
    `<text x="${(margin.left + width - margin.right) / 2}" y="${height - 8}" text-anchor="middle" fill="#555">MACs kept</text>`,
  )
  for (const [i, { name, points }] of [...lines.entries()].reverse()) {
    const colour = colours[i % colours.length]
    const path = points.map((point) => `${x(point.x).toFixed(1)},${y(point.y).toFixed(1)}`).join(' ')
    parts.push(
      `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="${i === 0 ? 2.5 : 1.3}"/>`,
      ...points.map(
        (point) => `<circle cx="${x(point.x).toFixed(1)}" cy="${y(point.y).toFixed(1)}" r="2.5" fill="${colour}"/>`,
      ),
      `<text x="${width - margin.right + 10}" y="${margin.top + 16 * (i + 1)}" fill="${colour}">${escaped(name)}</text>`,
    )
  }
  return `${parts.join('\n')}\n</svg>\n`
}

/** Mean of the seeds' matrices; dark: the changes by two groups strike the same samples in the same way. */
export function correlationMap(title, matrices) {
  const { groups } = matrices[0]
  const cell = 34
  const left = 120
  const size = groups.length * cell
  const parts = [head(left + size + 20, size + 150, title), `<text x="10" y="16">${escaped(title)}</text>`]
  groups.forEach((name, i) => {
    parts.push(
      `<text x="${left - 6}" y="${30 + i * cell + 21}" text-anchor="end">${escaped(name)}</text>`,
      `<text transform="translate(${left + i * cell + 21},${38 + size}) rotate(60)">${escaped(name)}</text>`,
    )
    groups.forEach((_, j) => {
      const value = mean(matrices.map((matrix) => matrix.values[i][j]))
      const light = Math.round(255 - 175 * Math.min(1, value))
      parts.push(
        `<rect x="${left + j * cell}" y="${30 + i * cell}" width="${cell - 1}" height="${cell - 1}" fill="rgb(${light},${Math.min(255, light + 25)},${Math.min(255, light + 15)})"/>`,
        `<text x="${left + j * cell + 16}" y="${30 + i * cell + 21}" text-anchor="middle" font-size="10" fill="${light < 140 ? '#fff' : '#333'}">${value.toFixed(2)}</text>`,
      )
    })
  })
  return `${parts.join('\n')}\n</svg>\n`
}
