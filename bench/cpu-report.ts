import { writeFileSync } from 'node:fs'

/**
 * Loaded into each measured process before anything else. When the process ends, it writes its cost to the file that
 * the environment names. So all contenders are measured in the same way, and none must be changed for that.
 */
const file = process.env.BENCH_COST_FILE
if (file !== undefined) {
  process.on('exit', () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
    writeFileSync(
      file,
      JSON.stringify({ cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakMegabytes: maxRSS / 1024 }),
    )
  })
}
