/** The training part of the new run form: what is usual is left out, so that equal runs stay equal. */
import { mount } from '@vue/test-utils'
import { expect, it } from 'vitest'
import { nextTick, ref } from 'vue'
import type { RunConfig } from '../../../src/contract'
import { runConfigSchema } from '../../../src/contract/run'
import { makeI18n } from '../../../src/renderer/app/locale/i18n'
import TrainingFields from '../../../src/renderer/features/new-run/TrainingFields.vue'
import { armKey } from '../../../src/renderer/features/runs/figures'

const usual: RunConfig['finetune'] = { epochs: 0, samples: 0, learningRate: 0.02, distill: false }

it('asks for nothing until there are epochs, and takes every choice back to the usual', async () => {
  const value = ref({ ...usual })
  const wrapper = mount(TrainingFields, {
    props: {
      modelValue: value.value,
      'onUpdate:modelValue': (next: RunConfig['finetune']) => {
        value.value = next
        void wrapper.setProps({ modelValue: next })
      },
    },
    global: { plugins: [makeI18n()] },
  })
  expect(wrapper.findAll('input')).toHaveLength(1)
  await wrapper.find('input').setValue('3')
  await wrapper.find('input').trigger('change')
  await nextTick()
  const [, , , warmup] = wrapper.findAll('input[type=number]')
  await wrapper.find('select').setValue('cosine')
  await warmup?.setValue('10')
  await warmup?.trigger('change')
  const [flip] = wrapper.findAll('input[type=checkbox]')
  await flip?.setValue(true)
  expect(value.value).toEqual({ ...usual, epochs: 3, schedule: 'cosine', warmup: 0.1, augment: ['flip'] })
  await wrapper.find('select').setValue('linear')
  await warmup?.setValue('0')
  await warmup?.trigger('change')
  await flip?.setValue(false)
  expect(value.value).toEqual({ ...usual, epochs: 3 })
})

it('runs are one arm where they differ in seed and backend alone', () => {
  const config = runConfigSchema.parse({ goal: { kind: 'keep-macs', value: 0.5 } })
  const trained = { ...config, finetune: { ...config.finetune, epochs: 2 } }
  expect(armKey({ ...config, seed: 5, backend: 'wasm' })).toBe(armKey(config))
  expect(armKey({ ...config, finetune: { ...config.finetune, learningRate: 1 } })).toBe(armKey(config))
  expect(armKey({ ...trained, finetune: { ...trained.finetune, schedule: 'step' } })).not.toBe(armKey(trained))
  expect(armKey({ ...config, iterations: 4 })).not.toBe(armKey(config))
})
