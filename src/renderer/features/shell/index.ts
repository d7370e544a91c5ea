/** The frame's own pieces. */
export { default as AppSidebar } from './AppSidebar.vue'
export { default as ConnectionBanner } from './ConnectionBanner.vue'
