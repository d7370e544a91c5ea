/** The platform's own dialogs for choosing a model, data or a folder to export to. */
import { BrowserWindow, dialog, type OpenDialogOptions } from 'electron'
import type { PathKind } from '../../contract/api'

const zip = { name: 'Espalier project', extensions: ['zip'] }

const options: Record<Exclude<PathKind, 'archive-save'>, OpenDialogOptions> = {
  archive: { properties: ['openFile'], filters: [zip] },
  model: {
    properties: ['openFile'],
    filters: [
      { name: 'ONNX, TensorFlow.js, Keras', extensions: ['onnx', 'json', 'h5', 'hdf5', 'keras'] },
      { name: '*', extensions: ['*'] },
    ],
  },
  'data-file': {
    properties: ['openFile'],
    filters: [
      {
        name: 'NumPy, CSV, JSON Lines, IDX, CIFAR',
        extensions: ['npz', 'npy', 'csv', 'tsv', 'jsonl', 'gz', 'bin', 'ubyte'],
      },
      { name: '*', extensions: ['*'] },
    ],
  },
  'data-folder': { properties: ['openDirectory'] },
  'export-folder': { properties: ['openDirectory', 'createDirectory', 'promptToCreate'] },
}

/** The chosen absolute path; null where the person cancelled. */
export async function pickPath(kind: PathKind, suggested?: string): Promise<string | null> {
  const window = BrowserWindow.getFocusedWindow() ?? BrowserWindow.getAllWindows()[0]
  if (kind === 'archive-save') {
    const save = { filters: [zip], ...(suggested === undefined ? {} : { defaultPath: suggested }) }
    const place = window ? await dialog.showSaveDialog(window, save) : await dialog.showSaveDialog(save)
    return place.canceled ? null : place.filePath
  }
  const answer = window
    ? await dialog.showOpenDialog(window, options[kind])
    : await dialog.showOpenDialog(options[kind])
  return answer.canceled ? null : (answer.filePaths[0] ?? null)
}
