/** `npm run build`: brings out/ up to date. */
import { setUp } from './lib/setup.mjs'

await setUp('node', 'page')
