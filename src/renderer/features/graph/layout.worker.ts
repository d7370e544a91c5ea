/** Lays out off the main thread, so that two thousand nodes never freeze the window. */
import { type LayoutInput, placeGraph } from './layout'

self.onmessage = (event: MessageEvent<LayoutInput>) => {
  self.postMessage(placeGraph(event.data))
}
