/** The product's version, as it stands in package.json. */
import { version } from '../../../package.json'

export const product: string = version
