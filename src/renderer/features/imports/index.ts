/** Imports that did not end, for the screens of models and data sets. */
export { default as UnfinishedImports } from './UnfinishedImports.vue'
export { discardImport } from './unfinished.store'
