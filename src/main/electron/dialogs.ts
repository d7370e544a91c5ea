/** The platform's own dialogs for choosing a model, data or a folder to export to. */
import { BrowserWindow, dialog, type OpenDialogOptions } from 'electron'

export type PathKind = 'model' | 'data-file' | 'data-folder' | 'export-folder'

const options: Record<PathKind, OpenDialogOptions> = {
  model: {
    properties: ['openFile'],
    filters: [
      { name: 'ONNX, TensorFlow.js, Keras', extensions: ['onnx', 'json', 'h5', 'keras'] },
      { name: '*', extensions: ['*'] },
    ],
  },
  'data-file': {
    properties: ['openFile'],
    filters: [
      { name: 'NumPy, CSV, JSON Lines', extensions: ['npz', 'csv', 'jsonl'] },
      { name: '*', extensions: ['*'] },
    ],
  },
  'data-folder': { properties: ['openDirectory'] },
  'export-folder': { properties: ['openDirectory', 'createDirectory', 'promptToCreate'] },
}

/** The chosen absolute path; null where the person cancelled. */
export async function pickPath(kind: PathKind): Promise<string | null> {
  const window = BrowserWindow.getFocusedWindow() ?? BrowserWindow.getAllWindows()[0]
  const answer = window
    ? await dialog.showOpenDialog(window, options[kind])
    : await dialog.showOpenDialog(options[kind])
  return answer.canceled ? null : (answer.filePaths[0] ?? null)
}
