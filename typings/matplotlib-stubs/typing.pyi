RcKeyType = str  # one of its settings' names
