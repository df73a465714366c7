import assert from "node:assert/strict"
import { test } from "node:test"
import { parseRequestInfo } from "../request/request-info.ts"
import { parseAuditPolicy } from "./policy.ts"
import { compileRules } from "./rules.ts"

const HEAD = "apiVersion: audit.k8s.io/v1\nkind: Policy\n"
const parse = (body: string, warn: (text: string) => void = () => undefined) => parseAuditPolicy(HEAD + body, warn)

const refused = [
  { name: "no rules", body: "rules: []", says: /^loaded illegal policy with 0 rules$/ },
  { name: "no level", body: "rules: [{users: [a]}]", says: /^rules\[0\]\.level: Required value$/ },
  {
    name: "an unknown level",
    body: "rules: [{level: All}]",
    says: /^rules\[0\]\.level: Unsupported value: "All": supported values: "None", "Metadata", "Request", "RequestResponse"$/,
  },
  {
    name: "an unknown stage",
    body: "omitStages: [Begin]\nrules: [{level: None}]",
    says: /^omitStages\[0\]: Invalid value: "Begin": allowed stages are RequestReceived,ResponseStarted,ResponseComplete,Panic$/,
  },
  {
    name: "a path that begins with no slash",
    body: "rules: [{level: None, nonResourceURLs: [metrics]}]",
    says: /^rules\[0\]\.nonResourceURLs\[0\]: Invalid value: "metrics": non-resource URL rules must begin with a '\/' character$/,
  },
  {
    name: "a wildcard inside a path",
    body: 'rules: [{level: None, nonResourceURLs: ["/a*b"]}]',
    says: /wildcards '\*' must be the final character of the rule$/,
  },
  {
    name: "paths and resources in one rule",
    body: 'rules: [{level: None, nonResourceURLs: ["/a"], namespaces: [b]}]',
    says: /^rules\[0\]\.nonResourceURLs: Invalid value: \["\/a"\]: rules cannot apply to both regular resources and non-resource URLs$/,
  },
  {
    name: "a group with a version",
    body: "rules: [{level: None, resources: [{group: rbac.authorization.k8s.io/v1}]}]",
    says: /^rules\[0\]\.resources\.group: Invalid value: "rbac\.authorization\.k8s\.io\/v1": a lowercase RFC 1123 subdomain/,
  },
  {
    name: "names without resources",
    body: "rules: [{level: None, resources: [{resourceNames: [a]}]}]",
    says: /^rules\[0\]\.resources\.resourceNames: Invalid value: \["a"\]: using resourceNames requires at least one resource$/,
  },
]
for (const { name, body, says } of refused) {
  test(`a policy is refused: ${name}`, () => assert.throws(() => parse(body), { message: says }))
}

test("a policy of another kind or version is refused", () => {
  const text = "apiVersion: audit.k8s.io/v1beta1\nkind: Policy\nrules: [{level: None}]"
  const message = 'failed decoding: no kind "Policy" is registered for version "audit.k8s.io/v1beta1"'
  assert.throws(() => parseAuditPolicy(text, assert.fail), { message })
})

test("unknown fields are told and left out", () => {
  const told: string[] = []
  const policy = parse("rules: [{level: None, user: a}]", (text) => told.push(text))
  assert.deepEqual(told, [
    'Audit policy contains errors, falling back to lenient decoding: strict decoding error: unknown field "rules[0].user"',
  ])
  assert.equal(compileRules(policy)(undefined, infoOf("GET /x")).level, "None")
})

function infoOf(request: string) {
  const [method = "", target = ""] = request.split(" ")
  const [path = "", query = ""] = target.split("?")
  return parseRequestInfo(method, path, new URLSearchParams(query))
}

const PODS = "/api/v1/namespaces/a/pods"
const cases = [
  { rule: "users: [u]", request: `GET ${PODS}`, matches: true },
  { rule: "users: [v]", request: `GET ${PODS}`, matches: false },
  { rule: "userGroups: [x, g]", request: `GET ${PODS}`, matches: true },
  { rule: "userGroups: [x]", request: `GET ${PODS}`, matches: false },
  { rule: "verbs: [list, watch]", request: `GET ${PODS}`, matches: true },
  { rule: "verbs: [watch]", request: `GET ${PODS}?watch=1`, matches: true },
  { rule: "verbs: [get]", request: `GET ${PODS}`, matches: false },
  { rule: "namespaces: [a]", request: `GET ${PODS}`, matches: true },
  { rule: 'namespaces: [""]', request: "GET /api/v1/nodes", matches: true },
  { rule: 'namespaces: [""]', request: `GET ${PODS}`, matches: false },
  { rule: 'namespaces: [""]', request: "GET /metrics", matches: false },
  { rule: 'resources: [{group: ""}]', request: `GET ${PODS}/p/log`, matches: true },
  { rule: "resources: [{group: apps}]", request: `GET ${PODS}`, matches: false },
  { rule: 'resources: [{group: "*", resources: [pods]}]', request: `GET ${PODS}`, matches: true },
  { rule: "resources: [{resources: [pods]}]", request: `GET ${PODS}/p/log`, matches: false },
  { rule: "resources: [{resources: [pods/log]}]", request: `GET ${PODS}/p/log`, matches: true },
  { rule: 'resources: [{resources: ["pods/*"]}]', request: `GET ${PODS}/p/log`, matches: true },
  { rule: 'resources: [{resources: ["*/log"]}]', request: `GET ${PODS}/p/log`, matches: true },
  { rule: 'resources: [{resources: ["*/scale"]}]', request: `GET ${PODS}/p/log`, matches: false },
  { rule: 'resources: [{resources: ["*"]}]', request: `GET ${PODS}/p/log`, matches: true },
  { rule: "resources: [{resources: [pods], resourceNames: [p]}]", request: `GET ${PODS}/p`, matches: true },
  { rule: "resources: [{resources: [pods], resourceNames: [q]}]", request: `GET ${PODS}/p`, matches: false },
  { rule: 'nonResourceURLs: ["/healthz*"]', request: "GET /healthz/etcd", matches: true },
  { rule: 'nonResourceURLs: ["/healthz"]', request: "GET /healthz/etcd", matches: false },
  { rule: 'nonResourceURLs: ["*"]', request: "GET /version", matches: true },
  { rule: 'nonResourceURLs: ["*"]', request: `GET ${PODS}`, matches: false },
]
for (const { rule, request, matches } of cases) {
  test(`${rule} ${matches ? "matches" : "does not match"} ${request}`, () => {
    const rules = compileRules(parse(`rules: [{level: Metadata, ${rule}}]`))
    const user = { name: "u", groups: ["g", "h"], extra: new Map() }
    assert.equal(rules(user, infoOf(request)).level, matches ? "Metadata" : "None")
  })
}

test("nobody's name and groups match no rule that names some", () => {
  const rules = compileRules(parse("rules: [{level: Request, users: [u]}, {level: Metadata, userGroups: [g]}]"))
  assert.equal(rules(undefined, infoOf("GET /x")).level, "None")
})

test("the first rule that matches counts, with its own stages and those of the policy", () => {
  const rules = compileRules(
    parse(`omitStages: [RequestReceived]
omitManagedFields: true
rules:
- {level: Request, verbs: [create], omitStages: [Panic], omitManagedFields: false}
- {level: Metadata}`),
  )
  const created = rules(undefined, infoOf(`POST ${PODS}`))
  assert.deepEqual(created.omitStages, new Set(["RequestReceived", "Panic"]))
  assert.deepEqual([created.level, created.omitManagedFields], ["Request", false])
  const other = rules(undefined, infoOf(`GET ${PODS}`))
  assert.deepEqual(other.omitStages, new Set(["RequestReceived"]))
  assert.deepEqual([other.level, other.omitManagedFields], ["Metadata", true])
})
