"""What completes messages: API, local and mock models behind one interface."""
