/** What the task metrics are called, in the page and in the reports. */

/** As they stand in a sentence. */
export const metricWords = {
  en: { accuracy: 'accuracy', f1: 'F1', 'mean-iou': 'mean IoU', perplexity: 'perplexity', rmse: 'RMSE' },
  'zh-CN': { accuracy: '准确率', f1: 'F1 分数', 'mean-iou': '平均交并比', perplexity: '困惑度', rmse: '均方根误差' },
} as const

/** As they stand at the head of something. */
export const metricTitles = {
  en: { accuracy: 'Accuracy', f1: 'F1', 'mean-iou': 'Mean IoU', perplexity: 'Perplexity', rmse: 'RMSE' },
  'zh-CN': metricWords['zh-CN'],
} as const
