/** Which of the platform's dialogs is opened for what, and what its answer becomes. */
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { pathKinds } from '../../../src/contract/api'
import { pickPath } from '../../../src/main/electron/dialogs'

interface Options {
  readonly properties?: readonly string[]
  readonly filters?: readonly { readonly extensions: readonly string[] }[]
  readonly defaultPath?: string
}
const platform = vi.hoisted(() => ({
  windows: [] as object[],
  focused: null as object | null,
  asked: [] as { kind: 'open' | 'save'; window: object | undefined; options: Options }[],
  answer: { canceled: false, filePaths: ['/chosen'] as string[], filePath: '/chosen.zip' },
}))
vi.mock('electron', () => {
  const ask = (kind: 'open' | 'save') => async (first: object, second?: Options) => {
    platform.asked.push({ kind, window: second ? first : undefined, options: (second ?? first) as Options })
    return platform.answer
  }
  return {
    BrowserWindow: { getFocusedWindow: () => platform.focused, getAllWindows: () => platform.windows },
    dialog: { showOpenDialog: ask('open'), showSaveDialog: ask('save') },
  }
})

beforeEach(() => {
  Object.assign(platform, { windows: [], focused: null, asked: [] })
  platform.answer = { canceled: false, filePaths: ['/chosen'], filePath: '/chosen.zip' }
})

describe('a dialog', () => {
  test.each(pathKinds)('for %s answers with the path, and with nothing where it was cancelled', async (kind) => {
    const saving = kind === 'archive-save'
    expect(await pickPath(kind)).toBe(saving ? '/chosen.zip' : '/chosen')
    platform.answer = { canceled: true, filePaths: [], filePath: '' }
    expect(await pickPath(kind)).toBeNull()
    expect(platform.asked.map(({ kind: asked }) => asked)).toEqual(saving ? ['save', 'save'] : ['open', 'open'])
  })

  test('chooses folders where a folder is meant, and files elsewhere', async () => {
    for (const kind of pathKinds) {
      await pickPath(kind)
      const properties = platform.asked.at(-1)?.options.properties
      if (kind.endsWith('folder')) expect(properties).toContain('openDirectory')
      else if (kind !== 'archive-save') expect(properties).toEqual(['openFile'])
    }
  })

  test('offers every format that can be read', async () => {
    await pickPath('model')
    expect(platform.asked[0]?.options.filters?.[0]?.extensions).toEqual(
      expect.arrayContaining(['onnx', 'json', 'h5', 'keras']),
    )
    await pickPath('data-file')
    expect(platform.asked[1]?.options.filters?.[0]?.extensions).toEqual(
      expect.arrayContaining(['npz', 'npy', 'csv', 'jsonl', 'gz', 'bin']),
    )
  })

  test('suggests a name to save under', async () => {
    await pickPath('archive-save', 'camera.espalier.zip')
    expect(platform.asked[0]?.options).toMatchObject({ defaultPath: 'camera.espalier.zip' })
    await pickPath('archive-save')
    expect(platform.asked[1]?.options).not.toHaveProperty('defaultPath')
  })

  test('belongs to the window in front, to any where none is, and to none where none is open', async () => {
    await pickPath('model')
    expect(platform.asked[0]?.window).toBeUndefined()
    const [front, other] = [{}, {}]
    platform.windows = [other, front]
    await pickPath('model')
    expect(platform.asked[1]?.window).toBe(other)
    platform.focused = front
    await pickPath('archive-save')
    expect(platform.asked[2]?.window).toBe(front)
  })
})
