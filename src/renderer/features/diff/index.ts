/** What other features may use of the model diff. */
export { default as UnitStrip } from './UnitStrip.vue'
