import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { Deployment } from "../../../api/apps/v1/deployment.ts"
import { Namespace } from "../../../api/core/v1/namespace.ts"
import { Pod } from "../../../api/core/v1/pod.ts"
import { startTestBack, type TestBack } from "../../resources/testing.ts"
import { podSecurity } from "../plugins/pod-security.ts"

let back: TestBack
before(async () => {
  back = await startTestBack({ admission: (reader, platform) => [podSecurity(reader, platform)] })
})
after(() => back.close())

const label = (mode: string, level: string) => ({ [`pod-security.kubernetes.io/${mode}`]: level })
const namespaces = () => back.client.of(Namespace)
const containers = [{ name: "main", image: "x", securityContext: { privileged: true } }]
const run = (namespace: string, metadata: object, spec: object = { containers }) =>
  back.client.of(Pod).create({ metadata: { namespace, ...metadata }, spec: spec as never })
const finding = 'privileged (container "main" must not set securityContext.privileged=true)'
/** What was said since it was asked last. */
const said = () => back.warnings.splice(0)

test("a pod below the level of its namespace is refused, its controller only warned about", async () => {
  await namespaces().create({ metadata: { name: "strict", labels: label("enforce", "baseline") } })
  await assert.rejects(run("strict", { name: "p" }), {
    message: `pods "p" is forbidden: violates PodSecurity "baseline:latest": ${finding}`,
  })
  said()
  const labels = { app: "a" }
  const template = { metadata: { labels }, spec: { containers } }
  const spec = { selector: { matchLabels: labels }, template }
  await back.client.of(Deployment).create({ metadata: { name: "d", namespace: "strict" }, spec })
  assert.deepEqual(said(), [`would violate PodSecurity "baseline:latest": ${finding}`])
})

test("a level can only warn", async () => {
  await namespaces().create({ metadata: { name: "warned", labels: label("warn", "baseline") } })
  said()
  await run("warned", { name: "p" })
  assert.deepEqual(said(), [`would violate PodSecurity "baseline:latest": ${finding}`])
})

test("a namespace with a wrong label is refused, unless it was wrong before", async () => {
  await assert.rejects(namespaces().create({ metadata: { name: "odd", labels: label("enforce", "strict") } }), {
    message:
      'Namespace "odd" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted',
  })
})

test("a namespace that becomes strict hears of pods that are there", async () => {
  const namespace = await namespaces().create({ metadata: { name: "late" } })
  for (const name of ["c", "b", "a"]) await run("late", { name })
  await run("late", { name: "z" }, { containers, hostNetwork: true })
  said()
  const labels = { ...namespace.metadata.labels, ...label("enforce", "baseline") }
  await namespaces().update({ ...namespace, metadata: { ...namespace.metadata, labels } })
  assert.deepEqual(said(), [
    'existing pods in namespace "late" violate the new PodSecurity enforce level "baseline:latest"',
    "a (and 2 other pods): privileged",
    "z: host namespaces, privileged",
  ])
  const pod = await back.client.of(Pod).get({ namespace: "late", name: "a" })
  await back.client.of(Pod).update({ ...pod, metadata: { ...pod.metadata, labels: { still: "allowed" } } })
  const changed = pod.spec.containers.map((container) => ({ ...container, image: "y" }))
  await assert.rejects(
    back.client.of(Pod).update({
      ...pod,
      metadata: { name: "a", namespace: "late" },
      spec: { ...pod.spec, containers: changed },
    }),
    /violates PodSecurity/,
  )
})
