/** The drawn graph and its companions, for the screens of models and their differences. */
export { default as GraphCanvas } from './GraphCanvas.vue'
export { default as GraphSplit } from './GraphSplit.vue'
export { default as GroupList } from './GroupList.vue'
export { default as LayerTable } from './LayerTable.vue'
export { buildModelGraph, type GraphMarks, type ModelGraph, type NodeMark } from './model-graph'
export { default as NodeDetails } from './NodeDetails.vue'
