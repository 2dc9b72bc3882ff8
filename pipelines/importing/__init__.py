"""Plain files that people have (CSV, Excel, fixed width, JSON) to facts, by a map that says what each column means."""
