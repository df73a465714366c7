import assert from "node:assert/strict"
import { test } from "node:test"
import { cgroupMetrics } from "./cgroup-metrics.ts"
import { formatMetrics } from "./exposition.ts"

const legacy = {
  "cpuacct.usage": "2500000000\n",
  "cpuacct.stat": "user 150\nsystem 50\n",
  "cpu.cfs_quota_us": "50000\n",
  "cpu.cfs_period_us": "100000\n",
  "cpu.shares": "512\n",
  "cpu.stat": "nr_periods 10\nnr_throttled 4\nthrottled_time 3000000000\n",
  "memory.usage_in_bytes": "4096\n",
  "memory.limit_in_bytes": "9223372036854771712\n",
  "memory.stat": "cache 1\npgfault 2\ntotal_cache 100\ntotal_rss 200\ntotal_inactive_file 96\ntotal_pgfault 7\n",
  "memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n",
  "pids.max": "max\n",
  "blkio.throttle.io_service_bytes_recursive": "9999:0 Read 10\n9999:0 Write 20\nTotal 30\n",
}
const unified = {
  "cpu.stat":
    "usage_usec 2500000\nuser_usec 1500000\nsystem_usec 500000\nnr_periods 10\nnr_throttled 4\nthrottled_usec 3000000\n",
  "cpu.max": "50000 100000\n",
  "cpu.weight": "20\n",
  "memory.current": "4096\n",
  "memory.max": "max\n",
  "memory.stat": "anon 200\nfile 100\ninactive_file 96\npgfault 7\n",
  "memory.events": "low 0\nmax 5\noom_kill 3\n",
  "pids.max": "max\n",
  "io.stat": "9999:0 rbytes=10 wbytes=20 rios=1 wios=2\n",
  "memory.pressure": "some avg10=0.00 total=1500000\nfull avg10=0.00 total=500000\n",
}

const either = [
  'container_cpu_usage_seconds_total{pod="p",cpu="total"} 2.5',
  'container_cpu_user_seconds_total{pod="p"} 1.5',
  'container_cpu_cfs_periods_total{pod="p"} 10',
  'container_cpu_cfs_throttled_periods_total{pod="p"} 4',
  'container_cpu_cfs_throttled_seconds_total{pod="p"} 3',
  'container_memory_cache{pod="p"} 100',
  'container_memory_rss{pod="p"} 200',
  'container_memory_working_set_bytes{pod="p"} 4000',
  'container_memory_failures_total{pod="p",failure_type="pgfault",scope="hierarchy"} 7',
  'container_oom_events_total{pod="p"} 3',
  'container_threads_max{pod="p"} 0',
  'container_fs_reads_bytes_total{pod="p",device="9999:0"} 10',
  'container_fs_writes_bytes_total{pod="p",device="9999:0"} 20',
  'container_spec_cpu_quota{pod="p"} 50000',
  'container_spec_cpu_period{pod="p"} 100000',
  'container_spec_memory_limit_bytes{pod="p"} 0',
]

for (const { files, isUnified, more } of [
  { isUnified: false, files: legacy, more: ['container_spec_cpu_shares{pod="p"} 512'] },
  {
    isUnified: true,
    files: unified,
    more: [
      'container_spec_cpu_shares{pod="p"} 500',
      'container_memory_failcnt{pod="p"} 5',
      'container_pressure_memory_waiting_seconds_total{pod="p"} 1.5',
      'container_pressure_memory_stalled_seconds_total{pod="p"} 0.5',
    ],
  },
]) {
  const read = (_: string, group: string, file: string) =>
    group === "/g" ? new Map(Object.entries(files)).get(file) : undefined

  test(`a control group is told about as cAdvisor does, ${isUnified ? "in one tree" : "in a tree per controller"}`, () => {
    const cgroups = { isUnified, path: () => "", read }
    const lines = formatMetrics(cgroupMetrics(cgroups, [{ group: "/g", labels: { pod: "p" } }])).split("\n")
    for (const line of [...either, ...more]) assert.ok(lines.includes(line), line)
  })

  test(`each file is read once, ${isUnified ? "in one tree" : "in a tree per controller"}`, () => {
    const asked: string[] = []
    const counting = (controller: string, group: string, file: string) => {
      asked.push(file)
      return read(controller, group, file)
    }
    cgroupMetrics({ isUnified, path: () => "", read: counting }, [{ group: "/g", labels: {} }])
    assert.ok(asked.length > 0)
    assert.deepEqual(asked.toSorted(), [...new Set(asked)].sort())
  })

  test(`a control group that has gone is left out, ${isUnified ? "in one tree" : "in a tree per controller"}`, () => {
    const metrics = cgroupMetrics({ isUnified, path: () => "", read }, [{ group: "/gone", labels: {} }])
    assert.deepEqual(
      metrics.filter(({ samples }) => samples.length > 0),
      [],
    )
  })
}
