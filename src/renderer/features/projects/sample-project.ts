/** The sample project is called in the person's language until somebody gives it another name or goal. */
import type { Project } from '../../../contract'
import type { Language } from '../../app/locale/i18n'
import texts from './messages'

/** As resources/sample/sample.json has them. */
const { sampleName, sampleGoal } = texts.en

export function inLanguage(project: Project, language: Language): Project {
  if (!project.sample) return project
  const said = language === 'en' ? texts.en : texts.zh
  return {
    ...project,
    name: project.name === sampleName ? said.sampleName : project.name,
    goal: project.goal === sampleGoal ? said.sampleGoal : project.goal,
  }
}
