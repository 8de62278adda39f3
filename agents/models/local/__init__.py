"""Local Hugging Face models in this process: loading, templates, batched execution, choice scoring."""
