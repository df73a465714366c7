import assert from "node:assert/strict"
import { test } from "node:test"
import { createErrors, defaulted, statusErrors } from "../../testing.ts"
import { FlowSchema } from "./flow-schema.ts"
import { PriorityLevelConfiguration } from "./priority-level-configuration.ts"

/** Messages and paths are those of Kubernetes 1.36, pkg/apis/flowcontrol/validation. */

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
const level = { name: "system" }
const user = { kind: "User", user: { name: "jane" } }
const nonResourceRules = [{ verbs: ["get"], nonResourceURLs: ["/healthz"] }]
const resources = { verbs: ["get"], apiGroups: [""], resources: ["pods"], namespaces: ["*"] }

interface Case {
  readonly name: string
  readonly spec: object
  readonly errors: readonly string[]
  readonly called?: string
}

const schemas: readonly Case[] = [
  {
    name: "a good schema",
    spec: {
      priorityLevelConfiguration: level,
      distinguisherMethod: { type: "ByUser" },
      rules: [{ subjects: [user], resourceRules: [resources], nonResourceRules }],
    },
    errors: [],
  },
  {
    name: "an empty schema",
    spec: {},
    errors: ["spec.priorityLevelConfiguration.name: Required value: must reference a priority level"],
  },
  {
    name: "precedence and method",
    spec: { priorityLevelConfiguration: level, matchingPrecedence: 1, distinguisherMethod: { type: "ByColor" } },
    errors: [
      "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1",
      'spec.distinguisherMethod.type: Unsupported value: {"Type":"ByColor"}: supported values: "ByNamespace", "ByUser"',
    ],
  },
  {
    name: "subjects",
    spec: {
      priorityLevelConfiguration: level,
      matchingPrecedence: 10001,
      rules: [
        { subjects: [] },
        {
          subjects: [
            { kind: "Robot" },
            { kind: "User", group: { name: "a" } },
            { kind: "Group", group: { name: "" }, user: { name: "a" } },
            { kind: "ServiceAccount", serviceAccount: { namespace: "", name: "*" } },
          ],
          nonResourceRules,
        },
      ],
    },
    errors: [
      "spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000",
      "spec.rules[0].subjects: Required value: subjects must contain at least one value",
      "spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty",
      'spec.rules[1].subjects[0].kind: Unsupported value: "Robot": supported values: "Group", "ServiceAccount", "User"',
      "spec.rules[1].subjects[1].user: Required value: user is required when subject kind is 'User'",
      "spec.rules[1].subjects[1].group: Forbidden: group is forbidden when subject kind is not 'Group'",
      "spec.rules[1].subjects[2].group.name: Required value",
      "spec.rules[1].subjects[2].user: Forbidden: user is forbidden when subject kind is not 'User'",
      "spec.rules[1].subjects[3].serviceAccount.namespace: Required value: must specify namespace for service account",
    ],
  },
  {
    name: "rules",
    spec: {
      priorityLevelConfiguration: level,
      rules: [
        {
          subjects: [user],
          resourceRules: [{ ...resources, verbs: ["fly"], resources: ["*", "pods"], namespaces: [] }],
          nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["healthz", "/a b", "/a//b", "/a*", "/a/*", "/"] }],
        },
      ],
    },
    errors: [
      'spec.rules[0].resourceRules[0].verbs: Unsupported value: ["fly"]: supported values: "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"',
      `spec.rules[0].resourceRules[0].resources: Invalid value: ["*","pods"]: if '*' is present, must not specify other resources`,
      "spec.rules[0].resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace",
      'spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "healthz": must start with slash',
      'spec.rules[0].nonResourceRules[0].nonResourceURLs[1]: Invalid value: "/a b": must not contain white-space',
      'spec.rules[0].nonResourceRules[0].nonResourceURLs[2]: Invalid value: "/a//b": must not contain double slash',
      'spec.rules[0].nonResourceRules[0].nonResourceURLs[3]: Invalid value: "/a*": wildcard can only do suffix matching',
    ],
  },
]
for (const { name, spec, errors } of schemas) {
  test(`flow schema: ${name}`, () => {
    assert.deepEqual(createErrors(FlowSchema, { metadata: { name: "a" }, spec }), errors)
  })
}

const queuing = (values: object) => ({
  type: "Limited",
  limited: { limitResponse: { type: "Queue", queuing: values } },
})
const levels: readonly Case[] = [
  { name: "a good level", spec: queuing({}), errors: [] },
  {
    name: "the name of the exempt one",
    spec: { type: "Exempt", limited: { limitResponse: { type: "Reject" } } },
    errors: [
      `spec.type: Invalid value: "Exempt": must be 'Exempt' if and only if \`name\` is 'exempt'`,
      "spec.limited: Forbidden: must be nil if the type is not Limited",
    ],
  },
  {
    name: "neither",
    spec: { type: "Some" },
    errors: ['spec.type: Unsupported value: "Some": supported values: "Exempt", "Limited"'],
  },
  {
    name: "limits",
    spec: {
      type: "Limited",
      exempt: {},
      limited: {
        nominalConcurrencyShares: -1,
        lendablePercent: 101,
        borrowingLimitPercent: -1,
        limitResponse: { type: "Queue" },
      },
    },
    errors: [
      "spec.exempt: Forbidden: must be nil if the type is Limited",
      "spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer",
      "spec.limited.limitResponse.queuing: Required value: must not be empty if limited.limitResponse.type is Limited",
      "spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive",
      "spec.limited.borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer",
    ],
  },
  {
    name: "queues",
    spec: queuing({ queues: -1, queueLengthLimit: -1, handSize: -1 }),
    errors: [
      "spec.limited.limitResponse.queuing.queueLengthLimit: Invalid value: -1: must be positive",
      "spec.limited.limitResponse.queuing.queues: Invalid value: -1: must be positive",
      "spec.limited.limitResponse.queuing.handSize: Invalid value: -1: must be positive",
    ],
  },
  {
    name: "a hand that is too large to be random",
    spec: queuing({ queues: 512, handSize: 7 }),
    errors: [
      "spec.limited.limitResponse.queuing.handSize: Invalid value: 7: required entropy bits of deckSize 512 and handSize 7 should not be greater than 60",
    ],
  },
  {
    name: "the exempt one stays limitless, whatever it lends",
    called: "exempt",
    spec: { type: "Exempt", exempt: { lendablePercent: 40 } },
    errors: [],
  },
]
for (const { name, spec, errors, called = "a" } of levels) {
  test(`priority level: ${name}`, () => {
    assert.deepEqual(createErrors(PriorityLevelConfiguration, { metadata: { name: called }, spec }), errors)
  })
}

test("mandatory objects keep their spec", () => {
  const [schemaError = ""] = createErrors(FlowSchema, {
    metadata: { name: "catch-all" },
    spec: { priorityLevelConfiguration: level },
  })
  assert.match(schemaError, /^spec: Invalid value: .*: spec of 'catch-all' must equal the fixed value$/)
  const [levelError = ""] = createErrors(PriorityLevelConfiguration, {
    metadata: { name: "catch-all" },
    spec: queuing({}),
  })
  assert.match(levelError, /^spec: Invalid value: .*: spec of 'catch-all' must equal the fixed value$/)
})

test("defaults", () => {
  assert.equal(defaulted(FlowSchema, { spec: {} }).spec.matchingPrecedence, 1000)
  assert.deepEqual(plain(defaulted(PriorityLevelConfiguration, { spec: { ...queuing({}), exempt: {} } }).spec), {
    type: "Limited",
    limited: {
      nominalConcurrencyShares: 30,
      lendablePercent: 0,
      limitResponse: { type: "Queue", queuing: { queues: 64, handSize: 8, queueLengthLimit: 50 } },
    },
    exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 },
  })
})

test("conditions have one of each type", () => {
  const status = { conditions: [{ type: "Dangling" }, { type: "Dangling" }, {}] }
  assert.deepEqual(statusErrors(FlowSchema, {}, { status }), [
    'status.conditions[1].type: Duplicate value: "Dangling"',
    "status.conditions[2].type: Required value",
  ])
})
