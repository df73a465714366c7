import assert from "node:assert/strict"
import { test } from "node:test"
import type { APIService } from "../../api/apiregistration/v1/api-service.ts"
import { type Known, localService, MANAGED_LABEL, planRegistration } from "./registration.ts"

const wanted = (managed: "onstart" | "true") => localService("example.com", "v1", managed)[1]
function found(managed: string | undefined, versionPriority = 100): APIService {
  const spec = { ...wanted("true").spec, versionPriority }
  const labels = managed === undefined ? {} : { [MANAGED_LABEL]: managed }
  return { metadata: { name: "v1.example.com", labels }, spec, status: {} } as unknown as APIService
}

const yielding = { ...wanted("true"), yields: true } as const
const foreign = {
  ...found("true"),
  spec: { ...wanted("true").spec, service: { namespace: "a", name: "b" } },
} as unknown as APIService

const cases: readonly (Partial<Known> & { readonly name: string; readonly step: string })[] = [
  { name: "nothing there, nothing wanted", step: "nothing" },
  { name: "creates what is wanted on start", wanted: wanted("onstart"), step: "create" },
  { name: "creates that once", wanted: wanted("onstart"), hasSynced: true, step: "nothing" },
  { name: "creates what is always wanted again", wanted: wanted("true"), hasSynced: true, step: "create" },
  { name: "leaves what people made", found: found(undefined, 7), wanted: wanted("true"), step: "nothing" },
  { name: "leaves what is labelled otherwise", found: found("false", 7), wanted: wanted("true"), step: "nothing" },
  { name: "leaves a right one", found: found("true"), wanted: wanted("true"), step: "nothing" },
  { name: "corrects a wrong one", found: found("true", 7), wanted: wanted("true"), hasSynced: true, step: "update" },
  {
    name: "leaves one that somebody else answers for",
    found: foreign,
    wanted: yielding,
    wasThere: true,
    step: "nothing",
  },
  { name: "but not where that may not be", found: foreign, wanted: wanted("true"), step: "update" },
  { name: "takes it back", wanted: yielding, hasSynced: true, step: "create" },
  { name: "deletes what is no longer wanted", found: found("true"), hasSynced: true, step: "delete" },
  { name: "corrects on start", found: found("onstart", 7), wanted: wanted("onstart"), wasThere: true, step: "update" },
  { name: "not what came later", found: found("onstart", 7), wanted: wanted("onstart"), step: "nothing" },
  { name: "deletes on start what an older server left", found: found("onstart"), wasThere: true, step: "delete" },
  { name: "once", found: found("onstart"), wasThere: true, hasSynced: true, step: "nothing" },
]
for (const { name, step, ...known } of cases) {
  test(`registration: ${name}`, () => {
    const plan = planRegistration({ found: undefined, wanted: undefined, wasThere: false, hasSynced: false, ...known })
    assert.equal(plan.do, step)
  })
}

test("built-in groups have Kubernetes' priorities, others those of custom resources", () => {
  const priorities = (group: string, version: string) => {
    const [name, { spec }] = localService(group, version, "onstart")
    return [name, spec.groupPriorityMinimum, spec.versionPriority]
  }
  assert.deepEqual(priorities("", "v1"), ["v1.", 18000, 1])
  assert.deepEqual(priorities("autoscaling", "v2"), ["v2.autoscaling", 17500, 30])
  assert.deepEqual(priorities("example.com", "v1"), ["v1.example.com", 1000, 100])
})
