/** What the page may find on `window`: put there by the Electron preload, absent in a browser. */
interface Window {
  readonly espalier?: import('../contract').EspalierShell
}
