/** What a result was made on: enough to know whether another one may be compared with it. */
import { cpus } from 'node:os'
import type { Environment } from '../../contract/run'
import { product } from '../services/product'

export function environmentOf(backend: string, modelHash: string, dataHash: string): Environment {
  const processors = cpus()
  return {
    espalier: product,
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    cpu: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    backend,
    modelHash,
    dataHash,
  }
}
