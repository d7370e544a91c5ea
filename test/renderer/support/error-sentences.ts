/** The English sentences of all errors, read from the sources: `{0}`, `{1}`, … stand for what is put in. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

const sources = join(import.meta.dirname, '../../../src')
/** What is only ever said in a terminal, where the language is English. */
const terminalOnly = /^main[\\/]cli[\\/]|^engine[\\/]reference-networks[\\/]/
/** Said by its own sentence around the technical one. */
const wrapped = new Set(['INTERNAL'])

/** A piece is text, or null for a value. */
type Pieces = readonly (string | null)[]

const join2 = (left: readonly Pieces[], right: readonly Pieces[]): Pieces[] =>
  left.flatMap((before) => right.map((after) => [...before, ...after]))

const hasWords = (ways: readonly Pieces[]) =>
  ways.some((way) => way.some((piece) => piece !== null && /[a-z]{2}/i.test(piece)))

/** All the ways an expression can read; a choice between words is told apart, any other value is a place. */
function waysOf(node: ts.Expression): Pieces[] {
  if (ts.isParenthesizedExpression(node)) return waysOf(node.expression)
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return [[node.text]]
  if (ts.isTemplateExpression(node)) {
    return node.templateSpans.reduce<Pieces[]>(
      (ways, span) => join2(join2(ways, waysOf(span.expression)), [[span.literal.text]]),
      [[node.head.text]],
    )
  }
  if (ts.isConditionalExpression(node)) {
    const ways = [...waysOf(node.whenTrue), ...waysOf(node.whenFalse)]
    return hasWords(ways) ? ways : [[null]]
  }
  return [[null]]
}

const templateOf = (pieces: Pieces): string => {
  let places = 0
  let text = ''
  let open = false
  for (const piece of pieces) {
    if (piece === null) {
      if (!open) text += `{${places++}}`
      open = true
    } else if (piece !== '') {
      text += piece
      open = false
    }
  }
  return text
}

/** Every sentence that an error of the engine or the services is thrown with, once. */
export function errorSentences(): Map<string, string> {
  const found = new Map<string, string>()
  const functions: { name: string; parameter: string; at: number; method: boolean }[] = []
  const trees = readdirSync(sources, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && /^(engine|main|contract)[\\/]/.test(file) && !terminalOnly.test(file))
    .sort()
    .map((file) => ts.createSourceFile(file, readFileSync(join(sources, file), 'utf8'), ts.ScriptTarget.Latest, true))
  const add = (node: ts.Expression, where: ts.SourceFile) => {
    for (const way of waysOf(node)) {
      const template = templateOf(way)
      if (/[a-z]{2}/i.test(template.replaceAll(/\{\d+\}/g, ''))) found.set(template, where.fileName)
    }
  }
  for (const tree of trees) {
    const visit = (node: ts.Node): void => {
      if (ts.isNewExpression(node) && node.expression.getText() === 'EspalierError') {
        const [code, message] = node.arguments ?? []
        if (code && message && !wrapped.has((code as ts.StringLiteral).text)) {
          add(message, tree)
          // A function that makes the error of a sentence it is given: what it is called with is a sentence too.
          const within = (() => {
            for (let at: ts.Node = node; at; at = at.parent) if (ts.isFunctionLike(at)) return at
            return undefined
          })()
          const given = new Set<string>()
          const names = (part: ts.Node): void => {
            if (ts.isIdentifier(part)) given.add(part.text)
            ts.forEachChild(part, names)
          }
          names(message)
          within?.parameters.forEach((parameter, at) => {
            const named = ts.isVariableDeclaration(within.parent)
              ? within.parent.name.getText()
              : within.name?.getText()
            const parameterName = parameter.name.getText()
            if (
              named &&
              given.has(parameterName) &&
              /^(sentence|detail|what|why|wanted|message|reason|whose)$/.test(parameterName)
            )
              functions.push({ name: named, parameter: parameterName, at, method: ts.isMethodDeclaration(within) })
          })
        }
      }
      ts.forEachChild(node, visit)
    }
    visit(tree)
  }
  for (const tree of trees) {
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node)) {
        const called = ts.isPropertyAccessExpression(node.expression)
          ? node.expression.name.text
          : node.expression.getText()
        for (const one of functions) {
          const given = node.arguments[one.at]
          if (one.name === called && given) add(given, tree)
        }
      }
      ts.forEachChild(node, visit)
    }
    visit(tree)
  }
  return found
}
