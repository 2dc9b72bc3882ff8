"""The conformance kit: the worked cases of the law for anybody's engine (`ihss-payroll vectors`)."""
