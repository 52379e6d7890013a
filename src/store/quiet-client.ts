import { Client, type ClientConfig } from 'pg'

/**
 * A connection that breaks while somebody has it out of its pool, or in the very moment in which they get it, tells so by an
 * event, which would end the process if nobody listens. What is asked on it fails as well, and that is dealt with.
 */
export class QuietClient extends Client {
  constructor(config?: string | ClientConfig) {
    super(config)
    this.on('error', () => {})
  }
}
