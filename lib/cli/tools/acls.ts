/** `ottla acls`: adds, removes and lists rules of who may do what, with the options and output of `kafka-acls`. */
import { type AclsMeant, createAcls, deleteAcls, describeAcls } from '../../admin/acls.ts'
import type { Admin } from '../../admin/admin.ts'
import { type Acl, anyNumber, patternTypes } from '../../cluster/acls.ts'
import type { Io } from '../io.ts'
import {
  patternTypeOf,
  principalIn,
  type ResourceRules,
  type Rule,
  resourceFacts,
  resourcesOf,
  resourceText,
  ruleFacts,
  rulesOf,
  ruleText,
} from './acls-meant.ts'
import { type AclsOption, aclsTool, checkAclsOptions } from './acls-options.ts'
import { type Given, runTool, ToolUsageError, withAdmin } from './tool.ts'

/** Carries out a command line; gives the exit code. */
export function kafkaAcls(argv: readonly string[], io: Io): Promise<number> {
  return runTool(
    aclsTool,
    argv,
    io,
    async given => {
      checkAclsOptions(given)
      const meant = meantBy(given)
      await withAdmin(given, admin => meant(admin, io))
      return 0
    },
    // Where Kafka's tool says it.
    (error, words) => words.write(`Error while executing ACL command: ${error.message}\n`),
  )
}

type Deed = (admin: Admin, io: Io) => Promise<void>

/** What is to be done; what makes no sense is found before a broker is asked. */
function meantBy(given: Given<AclsOption>): Deed {
  if (given.has('add')) {
    const patternType = patternTypeOf(given)
    if (!Object.values<number>(patternTypes).includes(patternType)) {
      const name = given.one('resource-pattern-type')!.toUpperCase()
      throw new ToolUsageError(`A '--resource-pattern-type' value of '${name}' is not valid when adding acls.`)
    }
    const all = rulesOf(given)
    if (all.some(({ rules }) => rules.length === 0)) {
      throw new ToolUsageError('You must specify one of: --allow-principal, --deny-principal when trying to add ACLs.')
    }
    return (admin, io) => add(admin, all, given.has('json'), io)
  }
  if (given.has('remove')) {
    const all = rulesOf(given)
    return (admin, io) => remove(admin, all, given, io)
  }
  const resources = resourcesOf(given, { isOptional: true })
  const principals = given
    .all('principal')
    .filter(text => text !== '')
    .map(principalIn)
  return async (admin, io) => {
    const found = await aclsOf(admin, resources)
    if (given.has('json')) printJson(found, principals, io)
    else print(found, principals, io)
  }
}

async function add(admin: Admin, all: readonly ResourceRules[], isJson: boolean, io: Io): Promise<void> {
  const told: object[] = []
  for (const { meant, rules } of all) {
    const existing = new Set((await describeAcls(admin, meant)).map(ruleText))
    const [known, made] = [true, false].map(is => rules.filter(rule => existing.has(ruleText(rule)) === is))
    const facts = (rule: Rule, result: string) => ({ ...resourceFacts(meant), ...ruleFacts(rule), result })
    told.push(...known.map(rule => facts(rule, 'exists')), ...made.map(rule => facts(rule, 'added')))
    for (const rule of isJson ? [] : known)
      io.stdout.write(`Acl (pattern=${resourceText(meant)}, entry=${ruleText(rule)}) already exists.\n`)
    if (made.length === 0) continue
    if (!isJson) io.stdout.write(`Adding ACLs for resource \`${resourceText(meant)}\`: \n ${linesOf(made)}\n\n`)
    await createAcls(
      admin,
      made.map(rule => ({ ...meant, ...rule })),
    )
  }
  if (isJson) io.stdout.write(`${JSON.stringify(told)}\n`)
}

async function remove(admin: Admin, all: readonly ResourceRules[], given: Given<AclsOption>, io: Io): Promise<void> {
  const isJson = given.has('json')
  const removed: Acl[] = []
  const answers = given.has('force') ? null : (await import('node:readline')).createInterface({ input: io.stdin })
  const lines = answers?.[Symbol.asyncIterator]()
  const confirmed = async (question: string) => {
    if (lines === undefined) return true
    const words = isJson ? io.stderr : io.stdout
    words.write(`${question} (y/n)\n`)
    const { value, done } = await lines.next()
    return done !== true && value.toLowerCase() === 'y'
  }
  try {
    for (const { meant, rules } of all) {
      const resource = `resource filter \`${resourceText(meant)}\`?`
      if (rules.length === 0) {
        if (await confirmed(`Are you sure you want to delete all ACLs for ${resource}`))
          removed.push(...(await deleteAcls(admin, [meant])))
      } else if (await confirmed(`Are you sure you want to remove ACLs: \n ${linesOf(rules)}\n from ${resource}`)) {
        const named = rules.map(rule => ({ ...meant, rule }))
        removed.push(...(await deleteAcls(admin, named)))
      }
    }
  } finally {
    answers?.close()
  }
  if (!isJson) return
  const told = removed.map(acl => ({ ...resourceFacts(acl), ...ruleFacts(acl), result: 'removed' }))
  io.stdout.write(`${JSON.stringify(told)}\n`)
}

/** What there is, by resources in the order of their texts. */
type AclsByResource = readonly (readonly [resource: string, acls: readonly Acl[]])[]

async function aclsOf(admin: Admin, resources: readonly AclsMeant[]): Promise<AclsByResource> {
  const everything = { resourceType: anyNumber, resourceName: null, patternType: anyNumber }
  const byResource = new Map<string, Acl[]>()
  for (const meant of resources.length > 0 ? resources : [everything]) {
    const found = new Map<string, Acl[]>()
    for (const acl of await describeAcls(admin, meant)) {
      const resource = resourceText(acl)
      const before = found.get(resource)
      if (before === undefined) found.set(resource, [acl])
      else before.push(acl)
    }
    // Two filters may mean the same resource.
    for (const [resource, acls] of found) byResource.set(resource, acls)
  }
  return [...byResource].sort(([a], [b]) => (a < b ? -1 : 1))
}

function print(found: AclsByResource, principals: readonly string[], io: Io): void {
  const show = (wanted: (acl: Acl) => boolean) => {
    for (const [resource, acls] of found) {
      const shown = acls.filter(wanted)
      if (shown.length > 0) io.stdout.write(`Current ACLs for resource \`${resource}\`:\n${linesOf(shown)}\n\n`)
    }
  }
  if (principals.length === 0) show(() => true)
  for (const principal of principals) {
    io.stdout.write(`ACLs for principal \`${principal}\`\n`)
    show(acl => acl.principal === principal)
  }
}

/** One object for each rule. */
function printJson(found: AclsByResource, principals: readonly string[], io: Io): void {
  const shown = found
    .flatMap(([, acls]) => acls)
    .filter(({ principal }) => principals.length === 0 || principals.includes(principal))
  io.stdout.write(`${JSON.stringify(shown.map(acl => ({ ...resourceFacts(acl), ...ruleFacts(acl) })))}\n`)
}

function linesOf(rules: readonly Rule[]): string {
  return rules.map(rule => `\t${ruleText(rule)}`).join('\n')
}
