/** Cost curves as SVG: CPU seconds of the stages above, memory below, a column for each number that is changed. */

const panel = { width: 230, height: 170, gapX: 56, gapY: 54 }
const margin = { left: 58, top: 54, bottom: 40, right: 120 }
const lines = [
  ['total', 'whole run', '#0b6e4f'],
  ['observe', 'statistics, rates', '#c8553d'],
  ['decide', 'decision', '#3d5a80'],
  ['apply', 'refit', '#8d6a9f'],
]

const escaped = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;')
const rounded = (value) => (value >= 10 ? value.toFixed(0) : value.toFixed(1))

/** @param points [{ parameter, value, cpu: { total, observe, decide, apply } in seconds, memory in MB above idle }] */
export function costCurves(title, points) {
  const parameters = [...new Set(points.map(({ parameter }) => parameter))]
  const width = margin.left + parameters.length * (panel.width + panel.gapX) - panel.gapX + margin.right
  const height = margin.top + 2 * panel.height + panel.gapY + margin.bottom
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12"><title>${escaped(title)}</title><rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${margin.left}" y="20" font-size="14">${escaped(title)}</text>`,
  ]
  const mostSeconds = Math.max(...points.map(({ cpu }) => cpu.total))
  const mostMemory = Math.max(...points.map(({ memory }) => memory))
  parameters.forEach((parameter, column) => {
    const own = points.filter((point) => point.parameter === parameter)
    const left = margin.left + column * (panel.width + panel.gapX)
    const logs = own.map(({ value }) => Math.log(value))
    const [first, last] = [Math.min(...logs), Math.max(...logs)]
    const x = (value) => left + ((Math.log(value) - first) / (last - first || 1)) * panel.width
    const rows = [
      {
        name: 'CPU seconds',
        top: margin.top,
        most: mostSeconds,
        drawn: lines,
        of: (point, key) => point.cpu[key] ?? 0,
      },
      {
        name: 'MB above an idle engine',
        top: margin.top + panel.height + panel.gapY,
        most: mostMemory,
        drawn: [['memory', 'memory', '#b08900']],
        of: (point) => point.memory,
      },
    ]
    for (const { name, top, most, drawn, of } of rows) {
      const y = (value) => top + panel.height - (value / most) * panel.height
      for (const share of [0, 0.5, 1]) {
        parts.push(
          `<line x1="${left}" x2="${left + panel.width}" y1="${y(share * most)}" y2="${y(share * most)}" stroke="#e4e4e4"/>`,
          `<text x="${left - 6}" y="${y(share * most) + 4}" text-anchor="end" fill="#555">${rounded(share * most)}</text>`,
        )
      }
      parts.push(`<text x="${left}" y="${top - 8}" fill="#555">${column === 0 ? name : ''}</text>`)
      for (const [key, label, colour] of drawn) {
        const path = own.map((point) => `${x(point.value).toFixed(1)},${y(of(point, key)).toFixed(1)}`)
        parts.push(
          `<polyline points="${path.join(' ')}" fill="none" stroke="${colour}" stroke-width="${key === 'total' ? 2.5 : 1.5}"/>`,
          ...path.map((at) => `<circle cx="${at.split(',')[0]}" cy="${at.split(',')[1]}" r="2.5" fill="${colour}"/>`),
        )
        if (column === parameters.length - 1) {
          const at = top + 16 * (drawn.findIndex(([other]) => other === key) + 1)
          parts.push(`<text x="${left + panel.width + 12}" y="${at}" fill="${colour}">${escaped(label)}</text>`)
        }
      }
    }
    for (const { value } of own) {
      parts.push(
        `<text x="${x(value)}" y="${height - margin.bottom + 16}" text-anchor="middle" fill="#555">${value}</text>`,
      )
    }
    parts.push(
      `<text x="${left + panel.width / 2}" y="${height - 8}" text-anchor="middle">${escaped(parameter)}</text>`,
    )
  })
  return `${parts.join('\n')}\n</svg>\n`
}
