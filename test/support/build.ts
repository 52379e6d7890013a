import { execFileSync } from 'node:child_process'

/** End-to-end tests drive the built command: build it once, before any test file starts. */
export function setup(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' })
}
