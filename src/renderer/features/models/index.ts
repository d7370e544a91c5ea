/** What other features may use of models. */
export { useModels } from './models.store'
