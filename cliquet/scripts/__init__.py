"""Commands of the console: ``cliquet`` parses them, each other module runs one."""
