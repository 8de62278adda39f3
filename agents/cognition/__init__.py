"""Cognition: the LangGraph graph inside an `llm` policy. Nothing else in the lab knows LangGraph."""
