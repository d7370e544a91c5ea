/** The trade-off chart, for the runs table and the comparison. */
export { deviation, paretoFront } from './points'
export { default as TradeoffPanel } from './TradeoffPanel.vue'
