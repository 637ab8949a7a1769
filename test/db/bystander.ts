/** A process that has nothing to do with PostgreSQL, and lives until it is killed. */
setInterval(() => {}, 1000)
