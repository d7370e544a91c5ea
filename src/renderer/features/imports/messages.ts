/** Texts of imports that did not end. */
import { bilingual } from '../../app/locale/messages'

export default bilingual(
  {
    title: 'Imports that did not end',
    since: 'begun {time}, interrupted before its end. Nothing of it was recorded.',
    again: 'Import again',
    discard: 'Discard',
    working: 'Importing {name} again',
    done: '{name} imported.',
  },
  {
    title: '未完成的导入',
    since: '于 {time} 开始，在完成之前中断。没有记录任何内容。',
    again: '重新导入',
    discard: '丢弃',
    working: '正在重新导入 {name}',
    done: '已导入 {name}。',
  },
)
