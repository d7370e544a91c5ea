/** `npm run native:build`: builds and checks the native backend, saying what it does. `--wheel FILE` works offline. */
import { parseArgs } from 'node:util'
import { toErrorReport } from '../../contract/errors'
import { buildNative } from '../engine/native/build'
import { nativeTarget } from '../engine/native/place'

try {
  const { values } = parseArgs({ options: { wheel: { type: 'string' }, folder: { type: 'string' } } })
  const folder = values.folder ?? nativeTarget()
  await buildNative({
    folder,
    ...(values.wheel ? { wheel: values.wheel } : {}),
    progress: (fraction, sentence) => {
      process.stderr.write(`${`${Math.round(fraction * 100)} %`.padStart(5)}  ${sentence}\n`)
    },
  })
  process.stdout.write(`${folder}\n`)
} catch (error) {
  const { message, cause } = toErrorReport(error)
  process.stderr.write(`${message}\n${cause ? `${cause}\n` : ''}`)
  process.exitCode = 1
}
