/** The workbench on the fake client: for looking at it and for screenshots. Never part of the product's bundle. */
import { useClientInstead } from '../../../src/renderer/app/client'
import { declareOpen } from '../../../src/renderer/app/connection'
import { startApp } from '../../../src/renderer/app/start'
import { resnetView } from '../fake/networks'
import { makeWorld } from '../fake/world'
import { createFakeClient } from '../fake-client'

const query = new URLSearchParams(window.location.search)
const world = makeWorld(Date.now())
world.settings.theme = query.get('theme') === 'dark' ? 'dark' : 'light'
world.settings.language = query.get('language') === 'zh-CN' ? 'zh-CN' : 'en'
const many = Number(query.get('runs') ?? 0)
for (let index = 0; index < many; index++) {
  const source = world.runs[index % 24]
  if (source) world.runs.push({ ...source, id: `many-${index}`, config: { ...source.config, seed: index } })
}
const nodes = Number(query.get('nodes') ?? 0)
if (nodes > 0) {
  // A ResNet of so many nodes: a block has seven, and a join of two.
  const view = resnetView(Math.ceil(nodes / 28))
  const source = world.models[0]
  world.views.set('m-large', view)
  if (source) world.models.push({ ...source, id: 'm-large', name: 'large.onnx', nodes: view.inspection.nodes })
}
useClientInstead(createFakeClient({ world, pace: Number(query.get('pace') ?? 500) }).client)
declareOpen()
startApp()
