/** The drawn graph and its companions, for the models screen. */
export { default as GraphCanvas } from './GraphCanvas.vue'
export { default as GroupList } from './GroupList.vue'
export { default as LayerTable } from './LayerTable.vue'
export { buildModelGraph, type GraphMarks, type ModelGraph, type NodeMark } from './model-graph'
export { default as NodeDetails } from './NodeDetails.vue'
