/** Texts of the instant estimate. */
import { bilingual } from '../../app/locale/messages'

export default bilingual(
  {
    title: 'What if',
    slider: 'Share of MACs kept',
    size: 'Exactly {macs} MACs, {params} parameters, {bytes}',
    measured: '{low} to {high} points lost',
    measuredOne: '{low} points lost',
    between: '{low} to {high} points lost',
    beyond: 'at least {low} points lost; nothing as small was tried',
    basis: 'from {n} run at {at} | from {n} runs at {at}',
    none: 'no finished run like this yet, so nothing to rest on.',
    hint: 'Sizes are exact. Ranges rest on your own finished runs with the same data, refit and fine-tuning, supposing only that a smaller network loses no less.',
    add: 'Add {value} to the sweep',
  },
  {
    title: '试算',
    slider: '保留的乘加数比例',
    size: '精确大小：{macs} 乘加数，{params} 参数，{bytes}',
    measured: '损失 {low} 到 {high} 个百分点',
    measuredOne: '损失 {low} 个百分点',
    between: '损失 {low} 到 {high} 个百分点',
    beyond: '至少损失 {low} 个百分点；没有试过这么小的网络',
    basis: '依据 {at} 处的 {n} 个运行',
    none: '还没有类似的已完成运行，没有依据。',
    hint: '大小为精确值。范围来自数据、拟合方式和微调都相同的已完成运行，只假设网络越小，损失不会越少。',
    add: '将 {value} 加入扫描',
  },
)
