/** Random removal: the arm every other criterion must beat. */
import { registerCriterion } from './registry'

registerCriterion({
  name: 'random',
  title: 'Random',
  summary: 'Removes units in an order drawn from the seed; the arm that shows what selection is worth.',
  paper: 'Mittal et al., Recovering from Random Pruning, WACV 2018',
  needsData: false,
  needsGradients: false,
  needs: [],
  score: ({ units, random }) => Float64Array.from({ length: units }, random),
})
