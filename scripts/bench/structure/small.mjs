/** Writes a small residual network for the quick run. usage: small.mjs FILE */
import { writeFileSync } from 'node:fs'
import { residual } from '../../zoo/residual.mjs'

const api = await import(process.env.ESPALIER_BUNDLE)
const [file] = await api.writeModel(residual(api, 14), 'onnx', 'small')
writeFileSync(process.argv[2], file.bytes)
console.log(JSON.stringify({ bytes: file.bytes.length }))
