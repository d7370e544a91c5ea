/** What other features may use of the feature-map viewer. */
export { default as FeatureMapsView } from './FeatureMapsView.vue'
