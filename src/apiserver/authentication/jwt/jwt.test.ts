import assert from "node:assert/strict"
import { generateKeyPairSync } from "node:crypto"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type Server } from "node:https"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { exportJWK, SignJWT } from "jose"
import { formatFieldError } from "../../../machinery/field/error.ts"
import { isUnauthorized } from "../../../machinery/status/predicates.ts"
import { makeCertificate } from "../../../pki/certificate.ts"
import type { Logger } from "../../../platform/log.ts"
import { createNodePlatform } from "../../../platform/node/platform.ts"
import { createSimPlatform } from "../../../platform/sim/platform.ts"
import { type AuthenticationFile, openAuthenticationFile } from "./authentication-file.ts"
import { parseAuthenticationConfiguration } from "./configuration.ts"
import { compileConfiguration } from "./validate.ts"

/** Against an issuer over real TLS. */

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {}, with: () => quiet }
const platform = { ...createNodePlatform({ logLevel: "error" }), log: quiet }
const dir = mkdtempSync(join(tmpdir(), `gantry-jwt-${process.pid}-`))
const file = join(dir, "authentication.yaml")
const first = generateKeyPairSync("rsa", { modulusLength: 2048 })
const second = generateKeyPairSync("ec", { namedCurve: "P-256" })
const published: object[] = []
const ca = makeCertificate({ commonName: "ca", usage: "ca", validMs: 3_600_000 }, undefined, platform)
let issuer: Server
let url: string

before(async () => {
  const serving = makeCertificate(
    { commonName: "issuer", hosts: ["localhost"], usage: "server", validMs: 3_600_000 },
    ca,
    platform,
  )
  issuer = createServer({ cert: serving.cert, key: serving.key }, (request, response) => {
    response.setHeader("content-type", "application/json")
    const isKeys = request.url === "/keys"
    response.end(JSON.stringify(isKeys ? { keys: published } : { issuer: url, jwks_uri: `${url}/keys` }))
  })
  await new Promise<void>((resolve) => issuer.listen(0, "127.0.0.1", resolve))
  url = `https://localhost:${(issuer.address() as AddressInfo).port}`
  published.push({ ...(await exportJWK(first.publicKey)), kid: "one", alg: "RS256" })
})
after(() => {
  issuer.close()
  issuer.closeAllConnections()
  rmSync(dir, { recursive: true, force: true })
})

const indented = (text: string, spaces: number) => text.trimEnd().replaceAll("\n", `\n${" ".repeat(spaces)}`)

function open(mappings: string, clock = platform.clock): AuthenticationFile {
  writeFileSync(
    file,
    `apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
jwt:
- issuer:
    url: ${url}
    audiences: [api, other]
    audienceMatchPolicy: MatchAny
    certificateAuthority: |
      ${indented(ca.cert, 6)}
${mappings}`,
  )
  return openAuthenticationFile({ file, disallowedIssuers: [], platform: { ...platform, clock } })
}

const claims = { sub: "ann", groups: ["dev", "ops"], team: "blue", jti: "7" }

function token(more: object = {}, key = first.privateKey, kid = "one", alg = "RS256"): Promise<string> {
  const seconds = Math.floor(platform.clock.nowMs() / 1000)
  const payload = { iss: url, aud: ["x", "api"], exp: seconds + 600, ...claims, ...more }
  return new SignJWT(payload).setProtectedHeader({ alg, kid }).sign(key)
}

const PLAIN = `  claimMappings:
    username: { claim: sub, prefix: "oidc:" }
    groups: { claim: groups, prefix: "" }
  claimValidationRules:
  - { claim: team, requiredValue: blue }
`

test("a token's bearer is whom its claims name", async () => {
  const opened = open(PLAIN)
  const user = await opened.authenticate(await token())
  assert.deepEqual([user?.name, user?.groups], ["oidc:ann", ["dev", "ops", "system:authenticated"]])
  assert.deepEqual(user?.extra.get("authentication.kubernetes.io/credential-id"), ["JTI=7"])
  assert.equal(await opened.authenticate("opaque"), undefined)
  assert.equal(await opened.authenticate(await token({ iss: "https://elsewhere.example.com" })), undefined)
  opened.close()
})

test("tokens that do not hold are refused", async () => {
  const opened = open(PLAIN)
  const refused = [
    await token({ aud: "x" }),
    await token({ exp: 1 }),
    await token({ nbf: Math.floor(platform.clock.nowMs() / 1000) + 3600 }),
    await token({ team: "red" }),
    await token({ sub: 7 }),
    await token({ groups: undefined, _claim_names: { groups: "elsewhere" } }),
    await token({}, generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey),
    `${(await token()).split(".").slice(0, 2).join(".")}.`,
  ]
  for (const one of refused) await assert.rejects(async () => opened.authenticate(one), isUnauthorized)
  opened.close()
})

test("expressions say who the bearer is, and whether that may be", async () => {
  const opened = open(`  claimMappings:
    username: { expression: "claims.team + ':' + claims.sub" }
    groups: { expression: "dyn(claims.groups).filter(g, g != 'ops')" }
    uid: { expression: "claims.sub" }
    extra: [{ key: example.com/team, valueExpression: claims.team }]
  claimValidationRules:
  - { expression: "claims.exp > 0", message: must end }
  userValidationRules:
  - { expression: "!user.username.startsWith('red:')", message: not red }
`)
  const user = await opened.authenticate(await token())
  assert.deepEqual([user?.name, user?.uid, user?.groups], ["blue:ann", "ann", ["dev", "system:authenticated"]])
  assert.deepEqual(user?.extra.get("example.com/team"), ["blue"])
  await assert.rejects(async () => opened.authenticate(await token({ team: "red" })), isUnauthorized)
  opened.close()
})

test("keys that an issuer adds are found, and changes of the file followed", async () => {
  const sim = createSimPlatform({ seed: 1 })
  const opened = open(PLAIN, {
    ...sim.clock,
    nowMs: platform.clock.nowMs,
    after: sim.clock.after.bind(sim.clock),
    monotonicMs: () => sim.clock.monotonicMs(),
  })
  const one = await token({}, second.privateKey, "two", "ES256")
  await assert.rejects(async () => opened.authenticate(one), isUnauthorized)
  published.push({ ...(await exportJWK(second.publicKey)), kid: "two", alg: "ES256" })
  await sim.clock.advance(10_001)
  assert.equal((await opened.authenticate(one))?.name, "oidc:ann")
  assert.equal(opened.isAnonymousPath("/livez"), undefined)
  writeFileSync(file, "broken: true")
  await sim.clock.advance(10_001)
  assert.equal((await opened.authenticate(one))?.name, "oidc:ann")
  const anonymous = "anonymous: { enabled: true, conditions: [{ path: /livez }] }"
  writeFileSync(
    file,
    `apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt: []\n${anonymous}`,
  )
  await sim.clock.advance(10_001)
  assert.equal(await opened.authenticate(one), undefined)
  assert.deepEqual([opened.isAnonymousPath("/livez"), opened.isAnonymousPath("/api")], [true, false])
  opened.close()
})

test("says all that is wrong with a configuration, in Kubernetes' words", () => {
  const text = `apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
jwt:
- issuer: { url: "http://own", audiences: [a, a] }
  claimMappings:
    username: { claim: sub }
    uid: { claim: a, expression: b }
    extra: [{ key: k8s.io/x, valueExpression: "claims.a" }, { key: a.b/c }]
  claimValidationRules: [{}, { expression: "claims.sub" }, { expression: "'a' == 1" }]
  userValidationRules: [{ expression: "user.name == ''" }]
- issuer: { url: "http://own", audiences: [] }
  claimMappings: { username: { expression: "claims.email" } }
`
  const { errors } = compileConfiguration(parseAuthenticationConfiguration(text), ["http://own"])
  assert.deepEqual(
    errors.map((error) => formatFieldError(error).split("\n")[0]),
    [
      'jwt[0].issuer.url: Invalid value: "http://own": URL must not overlap with disallowed issuers: [http://own]',
      'jwt[0].issuer.url: Invalid value: "http://own": URL scheme must be https',
      'jwt[0].issuer.audiences[1]: Duplicate value: "a"',
      'jwt[0].issuer.audienceMatchPolicy: Invalid value: "": audienceMatchPolicy must be MatchAny for multiple audiences',
      "jwt[0].claimValidationRules[0]: Required value: claim or expression is required",
      'jwt[0].claimValidationRules[1].expression: Invalid value: "claims.sub": must evaluate to bool',
      `jwt[0].claimValidationRules[2].expression: Invalid value: "'a' == 1": compilation failed: ERROR: <input>:1:5: found no matching overload for '_==_' applied to '(string, int)'`,
      "jwt[0].claimMappings.username.prefix: Required value: prefix is required when claim is set. It can be set to an empty string to disable prefixing",
      `jwt[0].claimMappings.uid: Invalid value: "": claim and expression can't both be set`,
      'jwt[0].claimMappings.extra[0].key: Invalid value: "k8s.io/x": k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use',
      "jwt[0].claimMappings.extra[1].valueExpression: Required value",
      `jwt[0].userValidationRules[0].expression: Invalid value: "user.name == ''": compilation failed: ERROR: <input>:1:5: undefined field 'name'`,
      'jwt[1].issuer.url: Invalid value: "http://own": URL must not overlap with disallowed issuers: [http://own]',
      'jwt[1].issuer.url: Invalid value: "http://own": URL scheme must be https',
      "jwt[1].issuer.audiences: Required value: at least one jwt[1].issuer.audiences is required",
      'jwt[1].claimMappings.username.expression: Invalid value: "claims.email": claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression',
      'jwt[1].issuer.url: Duplicate value: "http://own"',
    ],
  )
  assert.throws(
    () => parseAuthenticationConfiguration(text.replace("kind:", "other: 1\nkind:")),
    /unknown field "other"/,
  )
})
