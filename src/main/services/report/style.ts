/** The report's own style, light and dark, with nothing loaded from anywhere. */
const light = ['#0f6b5c', '#b4540a', '#3b5bdb', '#a3195b', '#5c7d1a', '#7b4bb5', '#0b7285', '#8a5a00']
const dark = ['#4cc9b0', '#f0a35e', '#8fa8ff', '#f783ac', '#b2d66b', '#c3a1f2', '#66d9e8', '#e8c268']

const colours = (palette: readonly string[]): string =>
  palette.map((colour, i) => `.series-${i},.bar-${i},.swatch-${i}{fill:${colour};background:${colour}}`).join('')

export const style = `
:root{color-scheme:light dark;--text:#1b2426;--soft:#566469;--line:#d5dcdd;--back:#fbfcfb;--raised:#fff;--good:#0b6b3a;--bad:#a3270f}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1360px;padding:32px 24px;font:15px/1.5 system-ui,sans-serif;color:var(--text);background:var(--back)}
h1{margin:0 0 4px;font-size:26px}h2{margin:36px 0 12px;font-size:18px}p{margin:4px 0}.soft{color:var(--soft)}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:8px;background:var(--raised)}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:8px 12px;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child{text-align:left}tr:last-child td{border-bottom:0}th{font-weight:600;color:var(--soft);font-size:13px}
.good{color:var(--good)}.bad{color:var(--bad)}.pinned{font-weight:600}
figure{margin:0;padding:16px;border:1px solid var(--line);border-radius:8px;background:var(--raised)}
svg{display:block;width:100%;height:auto}.grid{stroke:var(--line)}.axis{stroke:var(--soft)}.whole{fill:var(--line)}
.before{stroke:var(--soft);stroke-dasharray:5 5}.front{fill:none;stroke:var(--soft);stroke-width:1.5}
.tick{font-size:11px;fill:var(--soft)}.label{font-size:12px;fill:var(--text)}
.legend{display:flex;flex-wrap:wrap;gap:6px 18px;margin-top:12px;font-size:13px}
.legend i{display:inline-block;width:11px;height:11px;border-radius:50%;margin-right:6px}
${colours(light)}
@media (prefers-color-scheme:dark){:root{--text:#e4eaea;--soft:#9fb0b4;--line:#30393c;--back:#14181a;--raised:#1b2123;--good:#63d69a;--bad:#ff9d87}${colours(dark)}}
@media print{body{max-width:none;padding:0}.scroll{overflow:visible}}
`
