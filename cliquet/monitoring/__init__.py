"""Instruments: what measures requests and backends, when settings ask for it."""
