/** The architecture's rules 1 to 4 as import lint: who may import whom. A file that fits no layer fails. */

const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })
const ours = '^src/'
const mathsPackages = ['fflate', 'h5wasm', 'seedrandom', 'fast-png', 'jpeg-js', 'zod', '@huggingface/tokenizers']
const packages = (...names) => `^node_modules/(?:@types/)?(?:${names.join('|')})(?:/|$)`

const layers = [
  '^src/contract/[^/]+\\.ts$',
  '^src/engine/(archive|graph|ops|runtime|formats|data|coupling|statistics|strategies|surgery|recovery|compression|evaluation|pipeline|reference-networks)/',
  '^src/main/(store|artifacts|services|engine|api|electron|server|cli)/',
  '^src/preload/',
  '^src/renderer/(app|commands|features/[^/]+|ui|charts|public)/',
  '^src/renderer/(env\\.d\\.ts|index\\.html)$',
]

/** Engine folder -> the engine folders it may import (itself aside). */
const engineFolders = {
  archive: [],
  graph: [],
  ops: ['graph'],
  formats: ['graph', 'ops', 'archive'],
  coupling: ['graph', 'ops'],
  surgery: ['graph', 'ops', 'coupling'],
  evaluation: ['graph', 'ops', 'runtime', 'data', 'coupling'],
}

export default {
  forbidden: [
    rule(
      'fits-a-layer',
      'Every source file belongs to a layer of the architecture.',
      { path: ours, pathNot: layers },
      {},
    ),
    rule(
      'no-circles',
      'Two files that need one another are one file, or lack a third.',
      { path: ours },
      { circular: true },
    ),

    // 1. contract imports nothing of ours; engine imports contract and maths packages; only engine/runtime imports TF.js.
    rule(
      'contract-alone',
      'The contract imports nothing of ours.',
      { path: '^src/contract/' },
      { path: ours, pathNot: '^src/contract/' },
    ),
    rule(
      'contract-packages',
      'The contract imports zod and the contract part of the RPC library only.',
      { path: '^src/contract/' },
      { path: '^node_modules/', pathNot: packages('zod', '@orpc/contract') },
    ),
    rule(
      'engine-layers',
      'The engine imports itself and the contract.',
      { path: '^src/engine/' },
      { path: ours, pathNot: '^src/(engine|contract)/' },
    ),
    rule(
      'engine-contract',
      'Of the contract the engine needs errors and types, never the API or the shell.',
      { path: '^src/engine/' },
      { path: '^src/contract/(api|shell|index)\\.ts$' },
    ),
    rule('engine-pure', 'No Node in the engine.', { path: '^src/engine/' }, { dependencyTypes: ['core'] }),
    rule(
      'engine-packages',
      'The engine imports maths and format packages only.',
      { path: '^src/engine/', pathNot: '^src/engine/runtime/' },
      { path: '^node_modules/', pathNot: packages(...mathsPackages) },
    ),
    rule(
      'tfjs-in-runtime',
      'Only the runtime imports TensorFlow.js.',
      { path: '^src/', pathNot: '^src/engine/runtime/' },
      { path: packages('@tensorflow') },
    ),

    // 2. Inside the engine.
    ...Object.entries(engineFolders).map(([folder, allowed]) =>
      rule(
        `engine-${folder}`,
        `engine/${folder} imports ${allowed.join(', ') || 'nothing else of the engine'}.`,
        { path: `^src/engine/${folder}/` },
        { path: '^src/engine/', pathNot: `^src/engine/(${[folder, ...allowed].join('|')})/` },
      ),
    ),
    ...['strategies', 'surgery', 'recovery'].map((folder) => {
      const others = ['strategies', 'surgery', 'recovery'].filter((other) => other !== folder)
      return rule(
        `apart-${folder}`,
        'Strategies, surgery and recovery never import one another; the pipeline composes them.',
        { path: `^src/engine/${folder}/` },
        { path: `^src/engine/(${others.join('|')})/` },
      )
    }),
    rule(
      'pipeline-on-top',
      'Nothing in the engine imports the pipeline.',
      { path: '^src/engine/', pathNot: '^src/engine/pipeline/' },
      { path: '^src/engine/pipeline/' },
    ),

    // 3. main: api -> services -> {store, artifacts, engine}.
    rule(
      'main-layers',
      'Main imports the contract, and the engine layer where its own process runs it.',
      { path: '^src/main/' },
      { path: '^src/renderer/' },
    ),
    rule(
      'store-below',
      'The store knows nothing above it.',
      { path: '^src/main/(store|artifacts)/' },
      { path: '^src/main/', pathNot: '^src/main/(store|artifacts)/' },
    ),
    rule(
      'engine-process-below',
      'The engine process knows no services.',
      { path: '^src/main/engine/' },
      { path: '^src/main/(api|services|store|electron|server|cli)/' },
    ),
    rule(
      'services-below-api',
      'Services know no API and no shell.',
      { path: '^src/main/services/' },
      { path: '^src/main/(api|electron|server|cli)/' },
    ),
    rule(
      'api-below-shells',
      'The API knows no shell.',
      { path: '^src/main/api/' },
      { path: '^src/main/(electron|server|cli)/' },
    ),
    rule(
      'engine-process-by-index',
      'The engine process is reached by message, through its index: only the command line computes in its own process.',
      { path: '^src/main/', pathNot: '^src/main/(engine|cli)/' },
      { path: '^src/main/engine/', pathNot: '^src/main/engine/index\\.ts$' },
    ),
    rule(
      'sql-in-store',
      'SQL only in the store.',
      { path: '^src/', pathNot: '^src/main/store/' },
      { path: packages('better-sqlite3', 'drizzle-orm') },
    ),
    rule(
      'electron-in-its-shell',
      'Only the desktop shell and the preload import Electron.',
      { path: '^src/', pathNot: '^src/(main/electron|preload)/' },
      { path: packages('electron') },
    ),
    rule(
      'engine-by-message',
      'The computing parts of the engine are reached by message: only its own process and the command line import them.',
      { path: '^src/main/', pathNot: '^src/main/(engine|cli)/' },
      {
        path: '^src/engine/(runtime|pipeline|strategies|statistics|recovery|surgery|evaluation)/',
        dependencyTypesNot: ['type-only'],
      },
    ),

    // 4. renderer imports contract only; a feature imports another only through its index.ts.
    rule(
      'renderer-layers',
      'The page imports the contract only.',
      { path: '^src/renderer/' },
      { path: ours, pathNot: '^src/(renderer|contract)/' },
    ),
    rule('renderer-pure', 'No Node in the page.', { path: '^src/renderer/' }, { dependencyTypes: ['core'] }),
    rule(
      'features-by-index',
      'A feature imports another through its index only.',
      { path: '^src/renderer/features/([^/]+)/' },
      {
        path: '^src/renderer/features/([^/]+)/',
        pathNot: ['^src/renderer/features/$1/', '^src/renderer/features/[^/]+/index\\.ts$'],
      },
    ),
    rule(
      'preload-alone',
      'The preload imports types and its channel names.',
      { path: '^src/preload/' },
      { path: ours, pathNot: '^src/(preload|contract)/' },
    ),
    rule('resolvable', 'An import that cannot be found.', { path: ours }, { couldNotResolve: true }),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.vue', '.js', '.mjs', '.json', '.d.ts'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'module', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
    },
  },
}
